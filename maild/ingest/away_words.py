"""The words of automatic answers and of people who are away, in the languages of mail programs."""

from maild.ingest.phrases import phrases

# Subjects that programs put on automatic answers; compared at the beginning, folded.
SUBJECTS_AWAY = phrases(
    "ooo:|[ooo]|(ooo)|"
    "out of office|out of the office|out-of-office|i am out of|i'm out of|away from my mail|"
    "away from the office|on vacation|vacation reply|vacation message|abwesenheitsnotiz|abwesenheitsassistent|"
    "abwesenheit|ich bin nicht im büro|ich bin abwesend|absence du bureau|absent du bureau|message d'absence|"
    "je suis absent|absence|fuera de la oficina|fuera de oficina|ausencia|fora do escritório|ausência|"
    "fuori sede|fuori ufficio|assente|afwezig|niet op kantoor|frånvaro|fraværende|ikke på kontoret|"
    "poza biurem|nieobecność|вне офиса|отсутствую|нет на месте|不在のお知らせ|不在通知|不在です|外出|"
    "外出自动回复|外出自動回覆|休假|假期自动回复|不在办公室|不在辦公室|휴가|부재중|부재 중|mimo kancelář|"
    "poissa|tatilde|ofis dışında|εκτός γραφείου"
)
SUBJECTS_REPLY = phrases(
    "automatic reply|automatic response|automated reply|automated response|auto reply|auto-reply|autoreply|"
    "auto response|auto-response|autoresponse|autoresponder|autorespond|automatische antwort|"
    "automatische beantwortung|automatisch antwoord|automatisches antwort|réponse automatique|"
    "réponse automatisée|respuesta automática|respuesta automatica|resposta automática|resposta automatica|"
    "risposta automatica|autosvar|automatiskt svar|automatisk svar|odpowiedź automatyczna|"
    "automatyczna odpowiedź|autoodpowiedź|автоответ|автоматический ответ|автоматическая ответ|自动回复|"
    "自動回覆|自动答复|自動回復|自动应答|自動応答|自動返信|자동 회신|자동회신|자동 응답|자동응답|"
    "automatická odpověď|automaattinen vastaus|otomatik yanıt|otomatik cevap|automatikus válasz|"
    "automatski odgovor|răspuns automat|αυτόματη απάντηση|[auto-reply]|[autoreply]|(auto reply|(autoreply|"
    "系统自动回复|thư trả lời tự động|automatyczne powiadomienie"
)
# Sentences of one who is away. Two of the three kinds of evidence below make an out-of-office by text.
AWAY = phrases(
    "out of the office|out of office|out of my office|away from the office|away from my desk|on vacation|"
    "on annual leave|on leave|on maternity leave|on parental leave|on holiday|away on business|nicht im büro|"
    "nicht im hause|im urlaub|abwesend|nicht erreichbar|absent du bureau|absente du bureau|en congé|"
    "en vacances|fuera de la oficina|de vacaciones|estoy ausente|estaré ausente|fora do escritório|de férias|"
    "ausente|fuori ufficio|fuori sede|in ferie|sono assente|niet aanwezig|afwezig|met vakantie|op vakantie|"
    "på semester|inte på kontoret|på ferie|ikke på kontoret|nieobecn|na urlopie|poza biurem|в отпуске|"
    "отсутствую|не в офисе|出差中|正在出差|正在休假|休假中|在休假|开始休假|外出中|"
    "不在办公室|不在公司|不在辦公室|休年假|"
    "年假中|年休假|请假中|休暇|不在に|不在と|不在中|외출 중|부재중|휴가 중|휴가중|출장"
)
RETURN = phrases(
    "until|till |through|return|back on|back in|be back|limited access|no access|not have access|"
    "limited email|bis zum|bis einschließlich|wieder |zurück|ab dem|jusqu'au|de retour|retour le|hasta|"
    "regreso|regresar|até|retorno|fino al|rientro|rientrer|tot en met|terug|tillbaka|till och med|do dnia|"
    "wracam|powrót|до |вернусь|返回|回来|返岗|回公司|上班|至|まで|戻り|까지|복귀|tilbake|tilbage"
)
INSTEAD = phrases(
    "urgent|please contact|in my absence|respond to your|reply to your|answer your|as soon as|upon my return|"
    "when i return|delayed in|in case of|emergency|in dringenden|vertretung|wenden sie sich|"
    "nicht weitergeleitet|en cas d'urgence|veuillez contacter|contacter|en caso de|póngase en contacto|"
    "em caso de|per urgenze|in caso di|neem contact|vid brådskande|kontakta|kontakt|pilnych|w sprawach|срочн|"
    "обращайтесь|свяжитесь|请联系|緊急|紧急|急事|尽快回复|尽快答复|及时回复|及时处理|聯絡|联系|お急ぎ|ご連絡|"
    "긴급|연락"
)
ANNOUNCED = phrases(
    "this is an automatic reply|this is an automated reply|this is an automatic response|"
    "this is an automated response|this is an auto-reply|this is an autoreply|this is an auto reply|"
    "this is an auto-response|this is an auto response|this is an automatically generated reply|"
    "this is an automatically generated response|this is a automated response|automatic vacation|"
    "vacation auto|diese e-mail wurde automatisch|dies ist eine automatische antwort|"
    "dies ist eine automatisch|ceci est une réponse automatique|esta es una respuesta automática|"
    "esta é uma resposta automática|questa è una risposta automatica|dit is een automatisch|"
    "detta är ett automatiskt svar|to jest automatyczna odpowiedź|это автоматический ответ|这是一封自动回复|"
    "这是自动回复|此邮件为自动回复|本邮件为自动回复|此郵件為自動回覆|本邮件由系统自动回复|系统自动回复|"
    "自动回复邮件|这是来自qq邮箱的假期自动回复|自動回覆|本メールは自動返信|このメールは自動|이 메일은 자동"
)
ACKNOWLEDGED = phrases(
    "we have received your|has been received and|your request has been received|thank you for contacting|"
    "a ticket has been|ticket has been created|ticket has been opened|a new ticket|your ticket|"
    "has been assigned|we received your|your message has been received|your email has been received|"
    "please confirm your message|confirm your email|to deliver your message|sender verification|"
    "verify that you are|prove that you|ihre anfrage|ihre nachricht ist|haben ihre|votre demande|"
    "hemos recibido|recebemos|abbiamo ricevuto|已收到您|您的邮件已收到|我们已收到|已收悉|工单已"
)
