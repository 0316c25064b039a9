"""Header blocks as mail programs write them above what they quote: labels by language, and whole blocks by client."""

from maild.ingest.phrases import phrases

# language: from, date, to, subject as Outlook (classic, new, web) and its neighbours write them.
LABELS = {
    "en": phrases("From|Sent|To|Subject"),
    "en date": phrases("From|Date|To|Subject"),
    "en alibaba": phrases("Sender|Sent At|Recipient|Subject"),
    "zh-CN": phrases("发件人|发送时间|收件人|主题"),
    "zh-CN date": phrases("发件人|日期|收件人|主题"),
    "zh-CN time": phrases("发件人|发件时间|收件人|主题"),
    "zh-CN netease": phrases("发件人|发送日期|收件人|主题"),
    "zh-CN alibaba": phrases("发件人|日　期|收件人|主　题"),
    "zh-CN 139": phrases("发件人|发送时间|收 件 人|主题"),
    "zh-TW": phrases("寄件者|寄件日期|收件者|主旨"),
    "zh-TW apple": phrases("寄件人|日期|收件人|主旨"),
    "zh-TW sent": phrases("寄件者|已傳送|收件者|主旨"),
    "zh-HK": phrases("發件人|發送時間|收件人|主題"),
    "de": phrases("Von|Gesendet|An|Betreff"),
    "de date": phrases("Von|Datum|An|Betreff"),
    "fr": phrases("De|Envoyé|À|Objet"),
    "fr le": phrases("De|Envoyé le|À|Objet"),
    "fr date": phrases("De|Date|À|Objet"),
    "fr capitals": phrases("De|Date|A|Objet"),
    "es": phrases("De|Enviado|Para|Asunto"),
    "es el": phrases("De|Enviado el|Para|Asunto"),
    "es date": phrases("De|Fecha|Para|Asunto"),
    "es web": phrases("Desde|Fecha|A|Asunto"),
    "pt": phrases("De|Enviado|Para|Assunto"),
    "pt br": phrases("De|Enviada em|Para|Assunto"),
    "pt date": phrases("De|Data|Para|Assunto"),
    "it": phrases("Da|Inviato|A|Oggetto"),
    "it date": phrases("Da|Data|A|Oggetto"),
    "nl": phrases("Van|Verzonden|Aan|Onderwerp"),
    "nl date": phrases("Van|Datum|Aan|Onderwerp"),
    "sv": phrases("Från|Skickat|Till|Ämne"),
    "sv date": phrases("Från|Datum|Till|Ämne"),
    "da": phrases("Fra|Sendt|Til|Emne"),
    "da date": phrases("Fra|Dato|Til|Emne"),
    "fi": phrases("Lähettäjä|Lähetetty|Vastaanottaja|Aihe"),
    "fi date": phrases("Lähettäjä|Päiväys|Vastaanottaja|Aihe"),
    "pl": phrases("Od|Wysłano|Do|Temat"),
    "pl date": phrases("Od|Data|Do|Temat"),
    "pl thunderbird": phrases("Nadawca|Data|Adresat|Temat"),
    "cs": phrases("Od|Odesláno|Komu|Předmět"),
    "cs date": phrases("Od|Datum|Komu|Předmět"),
    "sk": phrases("Od|Odoslané|Komu|Predmet"),
    "ru": phrases("От|Отправлено|Кому|Тема"),
    "ru date": phrases("От|Дата|Кому|Тема"),
    "ru whom": phrases("От кого|Дата|Кому|Тема"),
    "uk": phrases("Від|Надіслано|Кому|Тема"),
    "uk date": phrases("Від|Дата|Кому|Тема"),
    "tr": phrases("Gönderen|Gönderildi|Kime|Konu"),
    "tr from": phrases("Kimden|Gönderme Tarihi|Kime|Konu"),
    "tr date": phrases("Kimden|Tarih|Kime|Konu"),
    "ja": phrases("差出人|送信日時|宛先|件名"),
    "ja date": phrases("差出人|日時|宛先|件名"),
    "ja day": phrases("差出人|日付|宛先|件名"),
    "ja other": phrases("送信元|送信日時|宛先|件名"),
    "ja from": phrases("From|日付|To|件名"),
    "ko": phrases("보낸 사람|보낸 날짜|받는 사람|제목"),
    "ko date": phrases("보낸 사람|날짜|받는 사람|제목"),
    "ko naver": phrases("보낸사람|보낸시간|받는사람|제목"),
    "ko apple": phrases("보낸 사람|날짜|받는 사람|주제"),
    "hu": phrases("Feladó|Elküldve|Címzett|Tárgy"),
    "hu short": phrases("Feladó|Küldve|Címzett|Tárgy"),
    "hu date": phrases("Feladó|Dátum|Címzett|Tárgy"),
    "ro": phrases("De la|Trimis|Către|Subiect"),
    "ro date": phrases("De la|Data|Către|Subiect"),
    "ro outlook": phrases("Expeditor|Trimis|Către|Subiect"),
    "el": phrases("Από|Στάλθηκε|Προς|Θέμα"),
    "el date": phrases("Από|Ημερομηνία|Προς|Θέμα"),
    "el outlook": phrases("Από|Εστάλη|Προς|Θέμα"),
    "he": phrases("מאת|נשלח|אל|נושא"),
    "he date": phrases("מאת|תאריך|אל|נושא"),
    "ar": phrases("من|تاريخ الإرسال|إلى|الموضوع"),
    "ar sent": phrases("من|تم الإرسال|إلى|الموضوع"),
    "vi": phrases("Từ|Đã gửi|Đến|Chủ đề"),
    "th": phrases("จาก|ส่งเมื่อ|ถึง|เรื่อง"),
    "id": phrases("Dari|Dikirim|Kepada|Perihal"),
    "ca": phrases("De|Enviat|Per a|Tema"),
    "hr": phrases("Šalje|Poslano|Prima|Predmet"),
    "sl": phrases("Od|Poslano|Za|Zadeva"),
    "bg": phrases("От|Изпратено|До|Относно"),
    "et": phrases("Saatja|Saadetud|Adressaat|Teema"),
    "lt": phrases("Nuo|Išsiųsta|Kam|Tema"),
}
# Dates as they stand in a block; each client and language has its own, what matters is that none is ours.
DATES = phrases(
    "Monday, January 5, 2026 9:00 AM|Mon, 5 Jan 2026 09:00:00 +0800|2026年1月5日 9:00|2026-01-05 09:00:00 (星期一)|"
    "Montag, 5. Januar 2026 09:00|lundi 5 janvier 2026 09:00|1/5/26 9:00 AM (GMT+08:00)|"
    "понедельник, 5 января 2026 г. 9:00"
)
# Lines that stand above a history, without a header block below them or with one.
SEPARATORS = phrases(
    "-----Original Message-----|----- Original Message -----|-------- Original Message --------|"
    "------- Original Message -------|------ Original Message ------|-------- Original message --------|"
    "---Original---|------------------ Original ------------------|"
    "------------------&nbsp;Original&nbsp;------------------|------------------ 原始邮件 ------------------|"
    "-----原始邮件-----|-------- 原始邮件 --------|---原始邮件---|-------- 原始信息 --------|----邮件原文----|"
    "-----邮件原件-----|---- 回复的原邮件 ----|---- Replied Message ----|---------- 原始郵件 ----------|"
    "-----原始郵件-----|-----Ursprüngliche Nachricht-----|-------- Ursprüngliche Nachricht --------|"
    "----- Ursprüngliche Mail -----|------ Originalnachricht ------|-----Message d'origine-----|"
    "-------- Message d’origine --------|----- Mail original -----|-------- Message original --------|"
    "-----Mensaje original-----|-------- Mensaje original --------|-----Mensagem original-----|"
    "-------- Mensagem original --------|-----Messaggio originale-----|-------- Messaggio originale --------|"
    "-----Oorspronkelijk bericht-----|-------- Oorspronkelijk bericht --------|-----Ursprungligt meddelande-----|"
    "-------- Originalmeddelande --------|-----Oprindelig meddelelse-----|-----Opprinnelig melding-----|"
    "-----Alkuperäinen viesti-----|-----Oryginalna wiadomość-----|-------- Oryginalna wiadomość --------|"
    "-----Původní zpráva-----|-----Pôvodná správa-----|-----Исходное сообщение-----|"
    "-------- Исходное сообщение --------|-----Original Message----- |----- 元のメッセージ -----|"
    "-----元のメッセージ-----|-------- 元のメッセージ --------|-----원본 메시지-----|--------- 원본 메일 ---------|"
    "-----Eredeti üzenet-----|-----Mesaj original-----|-----Αρχικό μήνυμα-----|-----Orijinal Mesaj-----|"
    "-----Özgün İleti-----|-----Оригінальне повідомлення-----|-----Izvorna poruka-----|-----Izvirno sporočilo-----|"
    "-----Original Appointment-----|-----הודעה מקורית-----|-----الرسالة الأصلية-----|-----Missatge original-----|"
    "-----Thư gốc-----"
)
FORWARD_LINES = phrases(
    "---------- Forwarded message ---------|---------- Forwarded message ----------|"
    "-------- Forwarded Message --------|Begin forwarded message:|------- Forwarded Message -------|"
    "------ Forwarded Message ------|---- Forwarded Message ----|------------------ 转发邮件 ------------------|"
    "-------- 转发邮件信息 --------|---- 转发的邮件 ----|---------- 转发的邮件 ---------|-----转发邮件-----|"
    "开始转发的邮件：|---------- 轉寄的郵件 ---------|開始轉寄郵件：|"
    "---------- Weitergeleitete Nachricht ---------|-------- Weitergeleitete Nachricht --------|"
    "Anfang der weitergeleiteten Nachricht:|Anfang der weitergeleiteten E-Mail:|"
    "---------- Message transféré ---------|-------- Message transféré --------|Début du message transféré\u00a0:|"
    "Début du message réexpédié :|Début de message transféré :|---------- Mensaje reenviado ---------|"
    "-------- Mensaje reenviado --------|Inicio del mensaje reenviado:|---------- Mensagem encaminhada ---------|"
    "Início da mensagem reencaminhada:|Início da mensagem encaminhada:|-------- Mensagem reencaminhada --------|"
    "---------- Messaggio inoltrato ---------|-------- Messaggio Inoltrato --------|Inizio messaggio inoltrato:|"
    "---------- Doorgestuurd bericht ---------|-------- Doorgestuurd bericht --------|Begin doorgestuurd bericht:|"
    "---------- Vidarebefordrat meddelande ---------|-------- Vidarebefordrat meddelande --------|"
    "Vidarebefordrat brev:|Påbörjat vidarebefordrat brev:|---------- Videresendt meddelelse ---------|"
    "-------- Videresendt meddelelse --------|Start på videresendt besked:|Start på videresendt e-mail:|"
    "---------- Videresendt melding ---------|Videresendt melding:|Start på videresendt melding:|"
    "---------- Välitetty viesti ---------|-------- Välitetty viesti --------|Välitetty viesti alkaa:|"
    "Alkaa välitetty viesti:|---------- Przekazana wiadomość ---------|-------- Przekazana wiadomość --------|"
    "Początek przekazywanej wiadomości:|-------- Treść przekazanej wiadomości --------|"
    "---------- Přeposlaná zpráva ---------|-------- Přeposlaná zpráva --------|Začátek přeposílané zprávy:|"
    "---------- Preposlaná správa ---------|---------- Пересылаемое сообщение ---------|"
    "-------- Пересылаемое сообщение --------|-------- Перенаправленное сообщение --------|"
    "Начало переадресованного сообщения:|---------- Пересланное сообщение ---------|"
    "---------- Переслане повідомлення ---------|Початок листа, що пересилається:|"
    "---------- İletilmiş mesaj ---------|---------- Yönlendirilmiş ileti ----------|"
    "-------- Yönlendirilen İleti --------|İleti başlangıcı:|Yönlendirilen ileti başlangıcı:|"
    "---------- 転送メッセージ ---------|-------- 転送メッセージ --------|転送されたメッセージ：|"
    "---------- 전달된 메시지 ---------|-------- 전달된 메시지 --------|전달된 메시지:|"
    "---------- Továbbított üzenet ---------|---------- Továbbított levél ---------|"
    "-------- Továbbított üzenet --------|Továbbított levél kezdete:|---------- Mesaj redirecționat ---------|"
    "Începutul mesajului redirecționat:|-------- Mesaj redirecționat --------|"
    "---------- Προωθημένο μήνυμα ---------|Έναρξη προωθημένου μηνύματος:|---------- Missatge reenviat ---------|"
    "---------- Proslijeđena poruka ---------|---------- Препратено съобщение ---------|"
    "---------- הודעה שהועברה ---------|---------- رسالة تمت إعادة توجيهها ---------|"
    "---------- Pesan terusan ---------|---------- Thư đã chuyển tiếp ---------|"
    "---------- Forwarded by N/CORP on 05.01.2026 09:00 ---------------------------|"
    "----- Weitergeleitet von N/CORP am 05.01.2026 09:00 -----|"
    "----- Réacheminé par N/CORP le 05/01/2026 09:00 -----|----- Forwarded by N/CORP on 05.01.2026 09:00 -----|"
    "---------- Edasi saadetud kiri ---------|---------- Persiųstas laiškas ---------|"
    "---------- Pārsūtīta ziņa ---------"
)
FOOTERS = phrases(
    "Sent from my iPhone|Sent from my iPad|Sent from my Galaxy|Sent from my Samsung Galaxy smartphone.|"
    "Sent from Outlook for Android|Get Outlook for iOS|Get Outlook for Android<https://aka.ms/AAb9ysg>|"
    "Get Outlook for Mac|Sent from Yahoo Mail for iPhone|Sent from Yahoo Mail on Android|"
    "Sent from Mail for Windows|Sent from Mail for Windows 10|Sent via BlackBerry from T-Mobile|"
    "Sent from Proton Mail for iOS|Sent from Proton Mail mobile|Sent with Proton Mail secure email.|"
    "Sent with Spark|Sent from my Huawei phone|Sent from my HUAWEI Mate 40|Sent from my mobile device|"
    "Sent from my Xiaomi Phone|Sent from my Android phone with K-9 Mail. Please excuse my brevity.|"
    "Sent from TypeApp|Sent from Mailspring|Sent from Spark|Sent from Gmail Mobile|"
    "Sent from my Verizon, Samsung Galaxy smartphone|Sent from my Pixel|Sent from my OPPO|发自我的iPhone|"
    "发自我的 iPhone|发自我的iPad|发自我的华为手机|发自我的小米手机|发自我的小米|发自我的企业微信|发自我的手机|"
    "发自我的 Android 手机|发自网易邮箱大师|发自网易邮箱手机版|发自我的网易邮箱|来自我的华为手机|"
    "从我的 iPhone 发送|从我的手机发送|发送自我的iPhone|发自 Windows 10 版邮件应用|获取 Outlook for iOS|"
    "获取适用于 iOS 的Outlook|发自我的vivo智能手机|从 Windows 版邮件发送|发自QQ邮箱|来自QQ邮箱|发自我的魅族手机|"
    "发自钉钉邮箱|下载 Outlook for Android|由网易邮箱大师发送|从我的华为手机发送|发自Foxmail for iPhone|"
    "发自阿里邮箱|來自我的 iPhone|從我的 iPhone 傳送|從我的iPhone傳送|傳送自我的 iPhone|從我的 iPad 傳送|"
    "取得 Outlook for iOS|寄自我的 iPhone|透過我的 iPhone 傳送|Von meinem iPhone gesendet|"
    "Von meinem Mobilgerät gesendet|Gesendet von meinem iPad|Von meinem Samsung Galaxy Smartphone gesendet.|"
    "Gesendet von Mail für Windows 10|Outlook für iOS beziehen|Outlook für Android herunterladen|"
    "Gesendet von Outlook für Android|Gesendet mit der GMX Mail App|Gesendet mit der mobilen Mail App|"
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.|Gesendet von Yahoo Mail auf Android|"
    "Gesendet mit Proton Mail|Envoyé de mon iPhone|Envoyé depuis mon mobile|"
    "Envoyé depuis mon smartphone Samsung Galaxy.|Envoyé à partir d’Outlook pour iOS|"
    "Télécharger Outlook pour Android|Obtenir Outlook pour iOS|Envoyé depuis l'application Mail Orange|"
    "Envoyé à partir de Courrier pour Windows 10|Provenance : Courrier pour Windows 10|Envoyé avec Proton Mail|"
    "Enviado desde mi iPhone|Enviado desde mi Samsung Galaxy|Obtener Outlook para iOS|"
    "Enviado desde Correo para Windows|Enviado desde Outlook para Android|Descargar Outlook para Android|"
    "Enviado desde Yahoo Mail para Android|Enviado do meu iPhone|Enviado do meu smartphone Samsung Galaxy.|"
    "Obter o Outlook para iOS|Enviado do Email para Windows|Baixar o Outlook para Android|"
    "Enviado do Yahoo Mail no Android|Enviado a partir do meu iPhone|Inviato da iPhone|Inviato dal mio iPhone|"
    "Inviato da Outlook per Android|Scarica Outlook per iOS|Inviato da Posta per Windows|Ottieni Outlook per iOS|"
    "Inviato dal mio dispositivo Galaxy|Verstuurd vanaf mijn iPhone|Verzonden vanaf mijn iPad|"
    "Verzonden vanuit Mail voor Windows|Outlook voor iOS downloaden|Verzonden vanaf Outlook voor Android|"
    "Verstuurd vanaf mijn Samsung Galaxy-smartphone.|Download Outlook voor Android|Skickat från min iPhone|"
    "Skickat från Outlook för Android|Hämta Outlook för iOS|Skickat från E-post för Windows|"
    "Skickat från min Samsung Galaxy-smartphone.|Sendt fra min iPhone|Sendt fra min Samsung Galaxy smartphone.|"
    "Hent Outlook til iOS|Sendt fra Outlook for Android|Sendt fra Mail til Windows|Hent Outlook for iOS|"
    "Lähetetty iPhonesta|Lähetetty iPhonestani|Hanki Outlook for iOS|Lähetetty Windowsin Sähköpostista|"
    "Wysłane z iPhone'a|Wysłano z iPhone’a|Pobierz aplikację Outlook dla systemu iOS|"
    "Wysłane z mojego telefonu Samsung Galaxy.|Wysłane z aplikacji Outlook dla systemu Android|"
    "Wysłane z aplikacji Poczta systemu Windows|Odesláno z iPhonu|Odesláno z iPhone|"
    "Odesláno z mého telefonu Samsung Galaxy|Získat Outlook pro iOS|Odoslané z iPhonu|Отправлено с iPhone|"
    "Отправлено с моего iPhone|Отправлено из мобильной Почты Mail.ru|Отправлено из мобильной Яндекс Почты|"
    "Скачайте Outlook для iOS|Получить Outlook для iOS|Отправлено из Почты для Windows 10|"
    "Отправлено с устройства Galaxy|Надіслано з iPhone|Надіслано з мого iPhone|iPhone'umdan gönderildi|"
    "iPhone’umdan gönderildi|iOS için Outlook'u edinin|Samsung Galaxy akıllı telefonumdan gönderildi.|"
    "Windows için Posta ile gönderildi|iPhoneから送信|iPadから送信|私のiPhoneから送信|Outlook for iOS を入手|"
    "iOS 版 Outlook を入手|Androidから送信|Windows 版のメールから送信|Galaxyから送信|スマートフォンから送信|"
    "Yahoo!メールアプリ for iPhoneから送信|나의 iPhone에서 보냄|내 iPhone에서 보냄|iOS용 Outlook 다운로드|"
    "iOS용 Outlook 받기|Windows용 메일에서 보냄|갤럭시에서 보냄|Az iPhone-omról küldve|iPhone-ról küldve|"
    "Az Outlook beszerzése iOS-re|Trimis de pe iPhone-ul meu|Trimis de pe iPhone|Στάλθηκε από το iPhone μου|"
    "Απεσταλμένο από το iPhone μου|נשלח מה-iPhone שלי|مُرسل من الـ iPhone الخاص بي|Poslano s mog iPhonea|"
    "Enviat des del meu iPhone|Dikirim dari iPhone saya|Đã gửi từ iPhone của tôi|ส่งจาก iPhone ของฉัน"
)
