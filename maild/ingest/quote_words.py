"""The words that mail programs write around what they quote, in the languages that they speak."""

import re
import unicodedata
from functools import lru_cache

from maild.ingest.phrases import phrases

# Labels of a header block, each with its kind; lower case, NFKC, as they stand before the colon.
_LABELS = {
    "from": (
        "from|von|de|från|fra|od|от|от кого|発信者|差出人|送信者|寄件者|寄件人|发件人|發件人|发信人|发送人|da|van|"
        "expéditeur|remitente|mittente|afzender|avsändare|보낸 사람|보낸사람|보낸이|feladó|lähettäjä|gönderen|"
        "kimden|από|dari|kimdən|odesílatel|nadawca|sender|из|від|보낸사람명|reply-to|expeditor|de la|от:|発信元|"
        "送信元|寄信人|发件者|desde|מאת|من|từ|จาก|šalje|pošiljatelj|saatja|nuo|siuntėjas|sūtītājs|відправник|"
        "отправитель|подател|odosielateľ|absender|afsender|avsender|verzender|remetente|emisor|remitent|寄件人名|"
        "差出人名|from name|αποστολέας|frá"
    ),
    "date": (
        "date|message du|nachricht vom|sent|datum|gesendet|gesendet am|envoyé|enviado|enviada|enviado el|"
        "enviado em|enviada em|data|fecha|inviato|skickat|verzonden|sendt|dato|päiväys|lähetetty|wysłano|дата|"
        "отправлено|送信日時|日時|日付|发送时间|發送時間|发送日期|日期|寄件日期|传送日期|傳送日期|时间|時間|"
        "보낸 날짜|보낸날짜|보낸시간|날짜|odesláno|elküldve|tarih|gönderilme tarihi|gönderildi|envoyé le|trimis|"
        "date d'envoi|ημερομηνία|sent on|sent at|отправлен|надіслано|dátum|poslano|送信|dikirim|päivämäärä|"
        "发件时间|發件時間|發件日期|寄件時間|已傳送|已传送|已发送|已發送|date sent|sent date|发信时间|收件时间|"
        "收到时间|时 间|gönderme tarihi|gönderilme|küldve|odoslané|dňa|στάλθηκε|εστάλη|αποστολή|נשלח|תאריך|"
        "تاريخ الإرسال|تم الإرسال|التاريخ|أرسلت|đã gửi|ngày|ngày gửi|ส่งเมื่อ|วันที่|tanggal|terkirim|enviat|"
        "enviat el|poslato|изпратено|дата на изпращане|saadetud|kuupäev|išsiųsta|nosūtīts|datums|відправлено|"
        "отправка|дата отправки|data de envio|fecha de envío|data invio|verstuurd|verzonden op|gesendet um|"
        "versendet|送信日|受信日時|발신일|보낸 시간|sendt den|skickat den|wysłane|data wysłania"
    ),
    "to": (
        "to|an|à|a|para|till|til|do|кому|宛先|收件者|收件人|发送至|發送至|aan|destinataire|destinatario|"
        "destinatário|받는 사람|받는사람|címzett|vastaanottaja|kime|alıcı|προς|komu|do:|către|kepada|收信人|받는이|"
        "для|recipient|recipients|收件方|收件地址|送信先|宛て先|宛先人|adresat|adresát|príjemca|empfänger|modtager|"
        "mottaker|mottagare|ontvanger|destinataires|destinatari|destinatarios|destinatários|אל|עבור|إلى|الى|"
        "المستلم|đến|tới|ถึง|per a|prima|primatelj|za|до|към|adressaat|saaja|kellele|kam|gavėjas|adresāts|"
        "παραλήπτης|получатель|одержувач|받는 분|收件人列表"
    ),
    "cc": (
        "cc|kopie|copie à|copie|c.c.|cópia|抄送至|抄送人|抄 送|副本抄送|cc至|copia|con copia|c.c|עותק|نسخة|kópia|"
        "koopia|kopija|copie carbone|kopi til|kopie an|คัดลอก|копия|抄送|副本|kopia|kopi|参照|참조|cc:|bilgi|"
        "másolat|kopio|dw|копія"
    ),
    "subject": (
        "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|temat|тема|件名|主题|主題|主旨|标题|標題|"
        "제목|předmět|tárgy|aihe|konu|θέμα|subiect|re|sujet|predmet|subjek|perihal|вих.тема|tema|주제|件 名|נושא|"
        "الموضوع|موضوع|chủ đề|tiêu đề|เรื่อง|หัวเรื่อง|zadeva|относно|teema|pealkiri|temats|tēma|efni|subjecte|"
        "assumpte|邮件主题|郵件主題|信件主题|信件標題|tytuł|věc|titel"
    ),
    "other": (
        "reply-to|importance|priority|organization|list|sensitivity|flag|follow up flag|due by|categories|"
        "attachment|size|大小|附 件|附件数|anhang|anhänge|bijlage|bilagor|bilaga|liitteet|załączniki|přílohy|"
        "вложения|вкладення|添付ファイル|添付|첨부|첨부파일|ekler|allegati|anexos|anexo|pièce jointe|密送人|"
        "密件抄送|暗送|密件副本|bcc|cci|cco|ccn|blindkopie|重要度|중요도|priorität|priorité|prioridad|prioridade|"
        "priorità|attachments|anlagen|pièces jointes|附件|优先级|重要性|密送|message-id|in-reply-to|mailed-by|"
        "wichtigkeit|antwort an|答复|回复地址|回覆|adjuntos|bijlagen|list-id|x-mailer"
    ),
}
LABEL_KIND = {label: kind for kind, labels in _LABELS.items() for label in labels.split("|")}

# What stands in an attribution line as its verb.
VERBS = phrases(
    "wrote|writes|schrieb|geschrieben|schreef|écrit|a ecrit|ecrit|escribió|escribio|escribi|escreveu|ha scritto|"
    "scrisse|scritto|skrev|napisał|napisał(a)|napisała|napisal|pisze|написал|написала|написал(а)|пишет|пише|"
    "написав|kirjoitti|yazdı|yazdi|έγραψε|写道|寫道|写到|写信|のメッセージ|書きました|書きました。|からのメール|"
    "作成|작성|썼습니다|님이 작성|작성:|viết|a scris|scris|írta|napsal|napsal(a)|napísal|menulis|schreibt|said|"
    "va escriure|geschreven|schreven|scribio|님이 쓴 글|escribe|na escrita|je napisao|написа|đã viết|"
    "さんは書きました|のメール|skreiv|skrifaði|heeft geschreven|提到|寫信|来信|來信|寫到|ha escrit|napísala|"
    "napsala|napisao je|napisala je|je napisala|napisao|napisao/la|написао|написао/ла|написав(-ла)|писал|писал(а)|"
    "писала|написали|напиша|rašė|rakstīja|kirjutas|เขียนว่า|쓴 글|님의 말|님이 보낸 글|に書きました|が書きました|"
    "は書きました|さんからのメール|さんのメール|wrote the following|folgendes geschrieben|het volgende|schrieben|"
    "schrieb folgendes|écrivit|a dit|skrev følgende|skrev följande|şunları yazdı|şunu yazdı|escreveu o seguinte|"
    "escribió lo siguiente|ezt írta|a scris următoarele|כתב/ה|כתב|כתבה|כתב:|كتب|كتبت|נכתב על ידי"
)
# How attributions begin that may be wrapped over several lines.
OPENERS = phrases(
    "on |am |le |el |il |em |op |den |på |w dniu|dnia|dne|在|于|於|vào |a |pe |il giorno|da:|em:|ons |fre |sön|"
    "mån |tis |tor |lör |man |tir |fre.|lun|mer|in data|no dia|quoting|citando|op:|zitat von|at |в |va |pada |----|"
    "mon|tue|wed|thu|fri|sat|sun|по|στις|ti |ke |to |la |su |ma |hi,|date:|ср|чт|пт|сб|вс|пн|вт|20|19|de:|from:|"
    "citation de|citat från|citat von|cita de|cytat|citace|цитата|în |na |на |dana |дана |dňa |v |kasutaja |"
    "missatge de|wiadomość napisana|pirmd|þann |às |في |בתאריך|ב-|ในวันที่|pada tanggal|pk |missatge|message de|"
    "nachricht von|messaggio di|mensaje de|mensagem de|bericht van"
)

SEPARATORS = phrases(
    "original message|original-nachricht|ursprüngliche nachricht|ursprungliche nachricht|originalnachricht|"
    "original-mail|message d'origine|message original|message d’origine|mensaje original|mensagem original|"
    "mensagem de origem|messaggio originale|oorspronkelijk bericht|originalmeddelande|ursprungligt meddelande|"
    "oprindelig meddelelse|opprinnelig melding|original meddelelse|wiadomość oryginalna|oryginalna wiadomość|"
    "oryginalna wiadomosc|исходное сообщение|оригинальное сообщение|пересылаемое сообщение|元のメッセージ|原始邮件|"
    "原始郵件|邮件原件|原邮件|回复的原邮件|原始訊息|原始信件|원본 메시지|원본 메일|원본메시지|původní zpráva|"
    "alkuperäinen viesti|orijinal mesaj|özgün ileti|αρχικό μήνυμα|original e-mail|originalmail|"
    "ursprüngliche mitteilung|eredeti üzenet|antwort weitergeleitet|reply message|original email|missatge original|"
    "originale nachricht|原文|mesaj original|original appointment|ursprünglicher termin|reply above this line|"
    "回复邮件|原来的邮件|原始信息|原信息|原始消息|原邮件内容|replied message|ursprüngliche mail|"
    "ursprüngliche e-mail|mail original|e-mail original|courriel original|correo original|"
    "correo electrónico original|e-mail originale|mail originale|oorspronkelijke e-mail|originele bericht|"
    "origineel bericht|pôvodná správa|původní e-mail|оригінальне повідомлення|вихідне повідомлення|исходное письмо|"
    "оригинал сообщения|izvorna poruka|izvirno sporočilo|originalna poruka|оригинално съобщение|algne kiri|"
    "algne sõnum|originalus laiškas|sākotnējais ziņojums|הודעה מקורית|ההודעה המקורית|الرسالة الأصلية|رسالة أصلية|"
    "thư gốc|pesan asli|ข้อความต้นฉบับ|originálna správa|alkuperäinen sähköposti|opprinnelig e-post|"
    "oprindelig e-mail|originalt meddelande|asıl ileti|özgün mesaj|원본 내용|원본메일|元メール|元のメール|"
    "返信元メール"
)
# Separators that are one common word: the whole of what stands between the dashes.
SEPARATOR_WORDS = phrases("original|原文|原始|原信|原件|邮件原文|郵件原文")
FORWARDS = phrases(
    "forwarded message|forwarded by|begin forwarded message|weitergeleitete nachricht|anfang der weitergeleiteten|"
    "message transféré|message réexpédié|début du message réexpédié|début du message transféré|mensaje reenviado|"
    "inicio del mensaje reenviado|mensagem encaminhada|mensagem reenviada|início da mensagem|messaggio inoltrato|"
    "inizio messaggio inoltrato|doorgestuurd bericht|begin doorgestuurd bericht|vidarebefordrat meddelande|"
    "vidarebefordrat brev|videresendt melding|videresendt besked|videresendt meddelelse|wiadomość przekazana|"
    "przekazana wiadomość|treść przekazanej|пересылаемое сообщение|начало переадресованного сообщения|"
    "пересланное сообщение|переадресованное сообщение|転送メッセージ|転送されたメッセージ|转发邮件|转发的邮件|"
    "转发邮件信息|轉寄的郵件|轉寄郵件|已轉寄郵件|转发的消息|被转发邮件信息|전달된 메시지|přeposlaná zpráva|"
    "välitetty viesti|iletilmiş mesaj|yönlendirilen ileti|προωθημένο μήνυμα|weitergeleitete mail|továbbított levél|"
    "továbbított üzenet|mesaj redirecționat|alkoi välitetty viesti|välitetty viesti alkaa|start på vidarebefordrat|"
    "start på videresendt|videresendt e-mail|začátek přeposílané|přeposílaná zpráva|preposlaná správa|"
    "proslijeđena poruka|početak proslijeđene|переслане повідомлення|початок листа, що пересилається|"
    "mesajul redirecționat|ileti başlangıcı|missatge reenviat|下面是被转发的邮件|下面是被傳遞的郵件|"
    "以下は転送されたメール|開始轉寄郵件|開始轉寄訊息|开始转发|pesan terusan|diteruskan|thư được chuyển tiếp|"
    "videresendt|vidarebefordrad|转发|début de message transféré|mensagem reencaminhada|påbörjat vidarebefordrat|"
    "alkaa välitetty viesti|początek przekazywanej|początek przekazanej|przekazywana wiadomość|"
    "перенаправленное сообщение|начало пересылаемого|начало перенаправленного|yönlendirilmiş ileti|"
    "yönlendirilmiş mesaj|iletilen mesaj|iletilen ileti|începutul mesajului|έναρξη προωθημένου|"
    "препратено съобщение|הודעה שהועברה|הודעה מועברת|رسالة تمت إعادة توجيهها|رسالة معاد توجيهها|thư đã chuyển tiếp|"
    "weitergeleitet von|weitergeleitete e-mail|réacheminé par|transféré par|courriel transféré|e-mail transféré|"
    "reenviado por|encaminhado por|inoltrato da|e-mail inoltrata|doorgestuurd door|doorgestuurde e-mail|"
    "vidarebefordrat av|videresendt af|videresendt av|edasi saadetud kiri|edastatud sõnum|persiųstas laiškas|"
    "persiunčiamas laiškas|pārsūtīta ziņa|pārsūtīts ziņojums|forwarded mail|forwarded email|forwarded e-mail|"
    "begin forwarded|start of forwarded message|correo reenviado|e-mail reenviado|e-mail encaminhado|转发的信件|"
    "转发信件|轉發郵件|轉發的郵件|转寄邮件|轉寄訊息|轉寄的訊息|已转发的邮件|被转发的邮件|以下是转发的邮件|"
    "以下是轉寄的郵件|転送メール|転送された内容|전달 메시지|전달된 메일|전달메일|전달된메시지|továbbküldött|"
    "posredovano sporočilo|prosleđena poruka|прослеђена порука|preposlaný e-mail|přeposlaný e-mail"
)
# Footers of phones and programs: they stand on a line of their own, what follows them is no text.
FOOTERS = phrases(
    "sent from my|sent from mobile|sent from a |sent from yahoo|sent from outlook|sent from proton|"
    "sent from samsung|sent from mail for|sent from the |sent via |sent with |sent using |get outlook for|"
    "sent by galaxy|sent by |sent on the|von meinem|gesendet von|gesendet mit|gesendet aus|"
    "diese nachricht wurde von mein|envoyé de mon|envoyé depuis|envoyé à partir|envoyé avec|télécharger outlook|"
    "enviado desde mi|enviado desde|enviado do meu|enviado do|enviado via|obtener outlook|obter o outlook|"
    "inviato da|inviato dal|ottieni outlook|verzonden vanaf|verstuurd vanaf|verzonden met|skickat från|sendt fra|"
    "lähetetty |wysłane z|wysłano z|отправлено с|отправлено из|надіслано з|отправлено от|发自我的|从 windows|"
    "签名由|从我的|發自我的|從我的|来自我的|發送自|发送自|发自|傳送自|我的iphone|由我的|使用|iphoneから送信|"
    "androidから送信|나의 iphone|내 iphone|iphone에서 보냄|odesláno z|odoslané z|poslano z|trimis de pe|"
    "iphone'umdan gönderildi|android'den|gönderildi|tikim|στάλθηκε από|απεσταλμένο από|inviata da|enviado a partir|"
    "sendt frå|dikirim dari|được gửi từ|outlook für|yahoo mail on android|yahoo mail for iphone|sent through|"
    "trimis din|outlook for ios|outlook for android|outlook for mac|küldve"
)
DEVICES = phrases(
    "iphone|ipad|ipod|android|blackberry|galaxy|samsung|phone|handy|mobil|mobile|outlook|yahoo|mail|smartphone|"
    "telefon|手机|手機|nokia|htc|lumia|nexus|pixel|huawei|小米|华为|华为手机|xperia|gmail|proton|tablet|windows|"
    "symbian|palm|treo|wireless|verizon|at&t|t-mobile|vodafone|移动|邮箱|郵件|邮件|電話|电话|móvil|celular|"
    "teléfono|téléphone|portable|airmail|spark|device|телефон|смартфон|thunderbird|mailbird|boxer|alto|foxmail|"
    "oppo|vivo|honor|oneplus|cell|nine|aquamail|k-9|inbox|app|sailfish|surface|blue|mailspring|newton|touch|"
    "cellulare|aparat|kindle|telia|swisscom|dispositivo|appareil|puhelin|wp|qq|微信|钉钉|iphon|почт|スマートフォン|"
    "ケータイ|갤럭시|휴대폰|핸드폰|스마트폰|telefón|telefonu|posta|pošta|correo|courrier|edison|canary|hey|front|"
    "wecom|dingtalk|netease|zoho|tutanota|postbox|superhuman|魅族|荣耀|大师|fairphone|motorola|realme|redmi|zte|"
    "lenovo"
)

# More ways to begin such a line, and ways to end one: there the device stands first.
FOOTERS_MORE = phrases(
    "来自qq|来自网易|来自阿里|来自企业微信|来自钉钉|由网易|由qq|來自我的|寄自我的|透過我的|通过我的|經由我的|"
    "从手机|從手機|provenance : |provenance: |verzonden vanuit|verstuurd met|odesláno |odoslané |mobilně |"
    "poslato sa |enviat des |enviat amb |đã gửi từ|gửi từ |ส่งจาก|נשלח מ|مُرسل من|مرسل من|أرسلت من|أُرسلت من|"
    "saadetud minu|išsiųsta iš|poslano s |sent from typeapp|sent from mailspring|sent from spark|sent from gmail|"
    "sent from nine|sent from airmail|sent from superhuman|sent from newton|sent from edison|sent from bluemail|"
    "sent from blue mail|sent from aqua|sent from canary|sent from boxer|sent from front|sent from hey|"
    "sent from foxmail|sent from alibaba|sent from wechat|sent from wecom|sent from dingtalk|sent from netease|"
    "sent from qq|sent from rediffmail|sent from zoho|sent from tutanota|sent from fastmail|sent from postbox|"
    "sent from thunderbird|sent from iphone|sent from ipad|sent from android|nosūtīts no|изпратено от|trimis cu|"
    "inviato con|skickat med|skickat via|sendt med|sendt via|enviado con|enviado com|wysłane za pomocą|"
    "отправлено через|надіслано через|lähetetty"
)
FOOTER_ENDS = phrases(
    "から送信|から送信されました|より送信|で送信|보냄|에서 보냄|에서 보냈습니다|에서 발송|gönderildi|küldve|傳送|"
    "发送|發送|寄出|gesendet|verzonden|発信"
)
# `Get Outlook for iOS` and its translations; the word for getting stands first, or last.
GETS = phrases(
    "get |obtenir |télécharger |téléchargez |descargar |obtener |baixar |baixe |obter |transferir |scarica |"
    "ottieni |hämta |hent |få |hanki |pobierz |získat |získejte |stáhnout |скачайте |скачать |получить |получите |"
    "загрузить |завантажити |отримати |download |获取|取得|下载|下載|prenesi|preuzmi|letöltés|descarcă |obțineți |"
    "descarregar |obteniu |λήψη |κατεβάστε |pobierz|dapatkan |tải |nhận |قم بتنزيل|az outlook besz|احصل على|קבל |"
    "קבל את|הורד|install "
)
GET_ENDS = phrases(
    "beziehen|herunterladen|downloaden|ophalen|edinin|indirin|を入手|を取得|をダウンロード|다운로드|받기|"
    "다운로드하기|가져오기|beszerzése|letöltése|أندرويد|laden|installieren|lataa|下载|下載"
)
# How disclaimers begin; they go only below a history, where no answer begins so.
DISCLAIMERS = phrases(
    "this email and any|this e-mail and any|this message and any|this email is confidential|"
    "this e-mail is confidential|"
    "this message is confidential|this message contains confidential|this email contains confidential|"
    "this e-mail contains|this communication|the information contained in this|the information in this e|"
    "the information transmitted|the contents of this e|confidentiality notice|confidentiality:|"
    "confidential:|disclaimer|"
    "important notice|privileged|if you are not the intended|please consider the environment|"
    "think before you print|this electronic m|diese e-mail enthält|diese e-mail kann|diese nachricht ist vertraulich|"
    "diese nachricht enthält|vertraulichkeits|der inhalt dieser e-mail|ce message et|ce message est confidentiel|"
    "ce courriel|ce mail et|les informations contenues|este mensaje y|este mensaje contiene|este correo|"
    "aviso legal|aviso de confiden|esta mensagem|este e-mail|este email|questo messaggio|questa e-mail|"
    "le informazioni contenute|avviso di riserv|dit bericht|deze e-mail|detta meddelande|detta e-post|denne e-mail|"
    "denne e-post|niniejsza wiadomość|ta wiadomość|treść tej wiadomości|tato zpráva|данное сообщение|это сообщение|"
    "настоящее сообщение|bu e-posta|bu mesaj|本邮件及其|本邮件包含|本邮件所|此邮件包含|此邮件及|该邮件及|"
    "本电子邮件|免责声明|保密声明|保密提示|"
    "郑重声明|本郵件|本信件|此郵件|免責聲明|このメールは|本メール|이 메일은|본 메일"
)
# Lines that virus scanners put below a mail, wherever they stand.
SCANNERS = phrases(
    "this email has been checked for viruses|this email has been scanned|this message has been scanned|"
    "this e-mail has been scanned|this e-mail has been checked|virus-free. www.|virus-free.www.|virenfrei. www.|"
    "virenfrei.www.|libre de virus. www.|sans virus. www.|garanti sans virus|diese e-mail wurde von avast|"
    "diese e-mail wurde auf viren|el software de antivirus avast|l'absence de virus dans ce courrier|"
    "questa e-mail è stata controllata|este email foi escaneado|deze e-mail is gecontroleerd op virussen|"
    "dit e-mailbericht is gecontroleerd|det här e-postmeddelandet har sökts igenom|проверено на вирусы|"
    "message scanned by|scanned by mailscanner|此邮件已由|本邮件已通过"
)
# Words of sentences: a line with one of them tells something.
TELLING = phrases(
    " but | and i| because| yesterday| today| cannot| can't| not | never| didn't| doesn't| fails| failed| error|?|"
    " aber | nicht | mais | pas | no puedo| não | non | niet | inte | ikke | nie | не |但|不能|无法|無法|没有|沒有|"
    "失败|失敗|怎么|怎麼|昨天|今天|收不到|打不开|时报|报错|时提示|时出|时候|错误|錯誤|できません|ません|しました|"
    " 안 |않"
)

_FOLD_SPACES = re.compile(r"\s+")
# What no reader sees: zero width, soft hyphens, marks of direction, byte order marks inside a text.
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0f]+")
_BLANKS = re.compile("[\u00a0\u2000-\u200a\u202f\u205f]|&nbsp;|&#160;")


def seen(line: str) -> str:
    """A line as the eye sees it: without invisible characters, every kind of blank a plain one.

    QQ writes `&nbsp;` into its plain text too.
    """
    if line.isascii():
        return line.replace("&nbsp;", " ").replace("&#160;", " ") if "&" in line else line
    return _BLANKS.sub(" ", _UNSEEN.sub("", line))


def fold(line: str) -> str:
    """A line as the tables above compare it: NFKC, lower case, one blank."""
    # Only short lines are worth remembering, and cheap to.
    return _remembered(line) if len(line) <= 400 else _fold(line)


def _fold(line: str) -> str:
    if not line.isascii():
        line = unicodedata.normalize("NFKC", _UNSEEN.sub("", line))
    # The Turkish capital I keeps its dot when it grows small.
    return _FOLD_SPACES.sub(" ", line).strip().lower().replace("i\u0307", "i")


_remembered = lru_cache(maxsize=1024)(_fold)
