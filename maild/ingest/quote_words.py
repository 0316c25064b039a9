"""The words that mail programs write around what they quote, in the languages that they speak."""

import re
import unicodedata
from functools import lru_cache

from maild.ingest.phrases import phrases

# Labels of a header block, each with its kind; lower case, NFKC, as they stand before the colon.
_LABELS = {
    "from": (
        "from|von|de|från|fra|od|от|от кого|発信者|差出人|送信者|寄件者|寄件人|发件人|發件人|发信人|发送人|"
        "da|van|expéditeur|remitente|"
        "mittente|afzender|avsändare|보낸 사람|보낸사람|보낸이|feladó|lähettäjä|gönderen|kimden|από|dari|kimdən|"
        "odesílatel|nadawca|sender|из|від|보낸사람명|reply-to|expeditor|de la|от:|発信元"
    ),
    "date": (
        "date|message du|nachricht vom|sent|datum|gesendet|gesendet am|envoyé|enviado|enviada|"
        "enviado el|enviado em|enviada em|data|"
        "fecha|inviato|skickat|verzonden|sendt|dato|päiväys|lähetetty|wysłano|дата|отправлено|送信日時|日時|日付|"
        "发送时间|發送時間|发送日期|日期|寄件日期|传送日期|傳送日期|时间|時間|보낸 날짜|보낸날짜|보낸시간|"
        "날짜|odesláno|elküldve|tarih|gönderilme tarihi|"
        "gönderildi|envoyé le|trimis|date d'envoi|ημερομηνία|sent on|sent at|отправлен|надіслано|dátum|"
        "poslano|送信|dikirim|päivämäärä"
    ),
    "to": (
        "to|an|à|a|para|till|til|do|кому|宛先|收件者|收件人|发送至|發送至|aan|destinataire|destinatario|"
        "destinatário|받는 사람|"
        "받는사람|címzett|vastaanottaja|kime|alıcı|προς|komu|do:|către|kepada|收信人|받는이|для"
    ),
    "cc": ("cc|kopie|copie à|copie|c.c.|копия|抄送|副本|kopia|kopi|参照|참조|cc:|bilgi|másolat|kopio|dw|копія"),
    "subject": (
        "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|temat|тема|件名|主题|主題|主旨|"
        "标题|標題|제목|"
        "předmět|tárgy|aihe|konu|θέμα|subiect|re|sujet|predmet|subjek|perihal|вих.тема"
    ),
    "other": (
        "reply-to|importance|priority|organization|attachments|anlagen|pièces jointes|附件|优先级|重要性|bcc|密送|"
        "message-id|in-reply-to|mailed-by|wichtigkeit|antwort an|答复|回复地址|回覆|adjuntos|bijlagen|list-id|"
        "x-mailer"
    ),
}
LABEL_KIND = {label: kind for kind, labels in _LABELS.items() for label in labels.split("|")}

# What stands in an attribution line as its verb.
VERBS = phrases(
    "wrote|writes|schrieb|geschrieben|schreef|écrit|a ecrit|ecrit|escribió|escribio|escribi|escreveu|"
    "ha scritto|scrisse|scritto|skrev|napisał|napisał(a)|napisała|napisal|pisze|написал|написала|написал(а)|"
    "пишет|пише|написав|kirjoitti|yazdı|yazdi|έγραψε|写道|寫道|写到|写信|のメッセージ|書きました|書きました。|"
    "からのメール|作成|작성|썼습니다|님이 작성|작성:|viết|a scris|scris|írta|napsal|napsal(a)|napísal|menulis|"
    "schreibt|said|va escriure|geschreven|schreven|scribio|님이 쓴 글|escribe|na escrita|je napisao|написа|"
    "đã viết|さんは書きました|のメール|skreiv|skrifaði|heeft geschreven|提到|寫信|来信|來信"
)
# How attributions begin that may be wrapped over several lines.
OPENERS = phrases(
    "on |am |le |el |il |em |op |den |på |w dniu|dnia|dne|在|于|於|vào |a |pe |il giorno|da:|em:|ons |"
    "fre |sön|mån |tis |"
    "tor |lör |man |tir |fre.|lun|mer|in data|no dia|quoting|citando|op:|zitat von|at |в |va |pada |----|mon|tue|wed|"
    "thu|fri|sat|sun|по|στις|ti |ke |to |la |su |ma |hi,|date:|ср|чт|пт|сб|вс|пн|вт|20|19|de:|from:"
)

SEPARATORS = phrases(
    "original message|original-nachricht|ursprüngliche nachricht|ursprungliche nachricht|originalnachricht|"
    "original-mail|message d'origine|message original|message d’origine|mensaje original|mensagem original|"
    "mensagem de origem|messaggio originale|oorspronkelijk bericht|originalmeddelande|ursprungligt meddelande|"
    "oprindelig meddelelse|opprinnelig melding|original meddelelse|wiadomość oryginalna|oryginalna wiadomość|"
    "oryginalna wiadomosc|исходное сообщение|оригинальное сообщение|пересылаемое сообщение|元のメッセージ|"
    "原始邮件|原始郵件|邮件原件|原邮件|回复的原邮件|原始訊息|原始信件|원본 메시지|원본 메일|원본메시지|"
    "původní zpráva|alkuperäinen viesti|orijinal mesaj|özgün ileti|αρχικό μήνυμα|original e-mail|originalmail|"
    "ursprüngliche mitteilung|eredeti üzenet|antwort weitergeleitet|reply message|original email|"
    "missatge original|originale nachricht|原文|mesaj original|original appointment|ursprünglicher termin|"
    "reply above this line|回复邮件|原来的邮件"
)
FORWARDS = phrases(
    "forwarded message|forwarded by|begin forwarded message|weitergeleitete nachricht|"
    "anfang der weitergeleiteten|message transféré|message réexpédié|début du message réexpédié|"
    "début du message transféré|mensaje reenviado|inicio del mensaje reenviado|mensagem encaminhada|"
    "mensagem reenviada|início da mensagem|messaggio inoltrato|inizio messaggio inoltrato|"
    "doorgestuurd bericht|begin doorgestuurd bericht|vidarebefordrat meddelande|vidarebefordrat brev|"
    "videresendt melding|videresendt besked|videresendt meddelelse|wiadomość przekazana|przekazana wiadomość|"
    "treść przekazanej|пересылаемое сообщение|начало переадресованного сообщения|пересланное сообщение|"
    "переадресованное сообщение|転送メッセージ|転送されたメッセージ|转发邮件|转发的邮件|转发邮件信息|"
    "轉寄的郵件|轉寄郵件|已轉寄郵件|转发的消息|被转发邮件信息|전달된 메시지|přeposlaná zpráva|"
    "välitetty viesti|iletilmiş mesaj|yönlendirilen ileti|προωθημένο μήνυμα|weitergeleitete mail|"
    "továbbított levél|továbbított üzenet|mesaj redirecționat|alkoi välitetty viesti|välitetty viesti alkaa|"
    "start på vidarebefordrat|start på videresendt|videresendt e-mail|začátek přeposílané|přeposílaná zpráva|"
    "preposlaná správa|proslijeđena poruka|početak proslijeđene|переслане повідомлення|"
    "початок листа, що пересилається|mesajul redirecționat|ileti başlangıcı|missatge reenviat|"
    "下面是被转发的邮件|下面是被傳遞的郵件|以下は転送されたメール|開始轉寄郵件|開始轉寄訊息|开始转发|"
    "pesan terusan|diteruskan|thư được chuyển tiếp|videresendt|vidarebefordrad|转发"
)
# Footers of phones and programs: they stand on a line of their own, what follows them is no text.
FOOTERS = phrases(
    "sent from my|sent from mobile|sent from a |sent from yahoo|sent from outlook|sent from proton|"
    "sent from samsung|sent from mail for|sent from the |sent via |sent with |sent using |get outlook for|"
    "sent by galaxy|sent by |sent on the|von meinem|gesendet von|gesendet mit|gesendet aus|"
    "diese nachricht wurde von mein|envoyé de mon|envoyé depuis|envoyé à partir|envoyé avec|"
    "télécharger outlook|enviado desde mi|enviado desde|enviado do meu|enviado do|enviado via|obtener outlook|"
    "obter o outlook|inviato da|inviato dal|ottieni outlook|verzonden vanaf|verstuurd vanaf|verzonden met|"
    "skickat från|sendt fra|lähetetty |wysłane z|wysłano z|отправлено с|отправлено из|надіслано з|"
    "отправлено от|发自我的|从 windows|签名由|"
    "从我的|發自我的|從我的|来自我的|發送自|发送自|发自|傳送自|我的iphone|由我的|使用|"
    "iphoneから送信|androidから送信|나의 iphone|내 iphone|iphone에서 보냄|odesláno z|odoslané z|poslano z|"
    "trimis de pe|iphone'umdan gönderildi|android'den|gönderildi|tikim|στάλθηκε από|απεσταλμένο από|"
    "inviata da|enviado a partir|sendt frå|dikirim dari|được gửi từ|outlook für|yahoo mail on android|"
    "yahoo mail for iphone|sent through|trimis din|outlook for ios|outlook for android|outlook for mac|küldve"
)
DEVICES = phrases(
    "iphone|ipad|ipod|android|blackberry|galaxy|samsung|phone|handy|mobil|mobile|outlook|yahoo|mail|"
    "smartphone|telefon|手机|手機|nokia|htc|lumia|nexus|pixel|huawei|小米|华为|华为手机|xperia|gmail|proton|"
    "tablet|windows|symbian|palm|treo|wireless|verizon|at&t|t-mobile|vodafone|移动|邮箱|郵件|邮件|電話|电话|"
    "móvil|celular|teléfono|téléphone|portable|airmail|spark|device|телефон|смартфон|thunderbird|mailbird|"
    "boxer|alto|foxmail|oppo|vivo|honor|oneplus|cell|nine|aquamail|k-9|inbox|app|sailfish|surface|blue|"
    "mailspring|newton|touch|cellulare|aparat|kindle|telia|swisscom|dispositivo|appareil|puhelin|wp|qq"
)

_FOLD_SPACES = re.compile(r"\s+")


def fold(line: str) -> str:
    """A line as the tables above compare it: NFKC, lower case, one blank."""
    # Only short lines are worth remembering, and cheap to.
    return _remembered(line) if len(line) <= 400 else _fold(line)


def _fold(line: str) -> str:
    if not line.isascii():
        line = unicodedata.normalize("NFKC", line)
    return _FOLD_SPACES.sub(" ", line).strip().lower()


_remembered = lru_cache(maxsize=1024)(_fold)
