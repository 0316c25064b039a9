"""Attribution lines as mail programs write them, by language: written down by hand, one for each form.

N stands for the name of the one who is quoted, A for the address, so that the forms stay readable; see `filled`.
"""

from maild.ingest.phrases import phrases

NAME, ADDRESS = "IT Desk", "it.desk@corp.example"

ATTRIBUTIONS = {
    "en": phrases(
        "On Mon, Jan 5, 2026 at 9:00 AM N <A> wrote:|On Mon, 5 Jan 2026 at 09:00, N <A> wrote:|"
        "On Mon, Jan 5, 2026 at 9:00\u202fAM N <A> wrote:|On Jan 5, 2026, at 9:00\u202fAM, N <A> wrote:|"
        "On 5 Jan 2026, at 09:00, N <A> wrote:|On Jan 5, 2026, at 09:00, A wrote:|On 1/5/26 9:00 AM, N wrote:|"
        "On 05/01/2026 09:00, N wrote:|On 2026-01-05 09:00, N wrote:|"
        "On Monday, January 5, 2026 at 09:00:00 AM GMT+8, N <A> wrote: |"
        "On Monday, January 5th, 2026 at 9:00 AM, N <A> wrote:|On Jan 5, 2026, 09:00 +0800, N <A>, wrote:|"
        "On Mon, 5 Jan 2026, at 9:00 AM, N wrote:|On 5 January 2026 at 09:00:00, N (A) wrote:|"
        "N wrote on 1/5/26 9:00 AM:|N <A> wrote on 01/05/2026 09:00:00 AM:|N/CORP wrote on 05.01.2026 09:00:00:|"
        "On Monday, 5 January 2026 09:00:00 CST N wrote:|On Mon, Jan 05, 2026 at 09:00:00AM +0800, N wrote:|"
        'On Mon, 2026-01-05 at 09:00 +0800, N wrote:|On 1/5/26, 9:00 AM, "N" <A> wrote:|'
        "On Jan 5 2026, at 9:00 am, N <A> wrote:|On Mon, Jan 05 at 9:00 AM, N < A > wrote:|"
        'At 2026-01-05 09:00:00, "N" <A> wrote:|On 01/05/2026 09:00，N<A> wrote：|At 09:00 05.01.2026, N wrote:|'
        "---- On Mon, 05 Jan 2026 09:00:00 +0800 N <A> wrote ---|"
        "---- On Mon, 05 Jan 2026 09:00:00 +0800 N<A> wrote ----|"
        ">>> On 1/5/2026 at 9:00 AM, in message <5A1.2@corp.example>, N <A> wrote:|Quoting N <A>:|"
        "5 Jan 2026, 09:00 by A:|On 05-Jan-2026 09:00, N <A> wrote:|N <A> wrote (2026-01-05 09:00):|"
        "2026-01-05 9:00 GMT+08:00 N <A>:|On Monday, January 05, 2026 09:00 CST, N <A> wrote:|"
        "On Mon 5 Jan, 2026, 9:00 AM N, <A> wrote:|* N <A> [2026-01-05 09:00]:|N <A> writes:|* N <A> wrote:|"
        "On Mon, Jan 5, 2026 at 9:00 AM 'N' via Help <help@corp.example> wrote:|"
        "On Mon, 5 Jan 2026 09:00:00 +0800\nN <A> wrote:|On Mon, Jan 5, 2026, 9:00 AM N <A> wrote:"
    ),
    "zh-CN": phrases(
        "在 2026年1月5日，上午9:00，N <A> 写道：|在 2026年1月5日，09:00，N <A> 写道：|"
        "N <A> 于2026年1月5日周一 09:00写道：|N <A> 于 2026年1月5日周一 上午9:00写道：|"
        '在 2026-01-05 09:00:00，"N" <A> 写道：|在2026年01月05日 09:00，N<A> 写道：|在 2026/1/5 9:00, N 写道:|'
        "于 2026-01-05 09:00，N 写道：|在 2026-01-05 09:00，N 写道：|在 2026年1月5日 +0800 09:00，N <A>，写道：|"
        "2026-01-05 09:00 GMT+08:00 N <A>:|于 2026年1月5日 星期一 09:00, N <A> 写道:|"
        "N<A>在2026年1月5日 周一 9:00写道：|在 2026年1月5日 星期一 CST 上午9:00:00，N 写道：|"
        '在2026-01-05，"N" <A> 写道：|N <A> 在 2026年1月5日 星期一 写道：|在 2026-01-05 09:00:00，N <A> 写道:|'
        "At 2026-01-05 09:00:00, N <A> 写道：|2026年1月5日 09:00，N <A> 写道："
    ),
    "zh-TW": phrases(
        "N <A> 於 2026年1月5日 週一 上午9:00寫道：|N <A> 於 2026年1月5日 上午9:00 寫道：|"
        "N 於 2026/1/5 上午 09:00 寫道:|在 2026年1月5日 星期一 上午09:00:00 [GMT+8]， N <A> 寫道：|"
        "N <A> 在 2026年1月5日 星期一 寫道：|在 2026/1/5 上午9:00，N <A> 寫道:|於 2026-01-05 09:00，N 寫到："
    ),
    "de": phrases(
        "Am Mo., 5. Jan. 2026 um 09:00 Uhr schrieb N <A>:|Am 05.01.2026 um 09:00 schrieb N <A>:|"
        "Am 05.01.26 um 09:00 schrieb N:|Am 05.01.2026 09:00, schrieb N:|"
        "Am 5. Januar 2026 um 09:00:00, N (A) schrieb:|"
        "Am Montag, 5. Januar 2026 um 09:00:00 MEZ hat N <A> Folgendes geschrieben: |"
        "N <A> schrieb am 05.01.2026 09:00:00:|Am 5. Jan. 2026, 09:00 +0100 schrieb N <A>:|"
        "N schrieb am 05.01.2026 um 09:00:|Zitat von N <A>:|Am Montag, den 05.01.2026, 09:00 +0100 schrieb N:|"
        "N <A> schrieb:|Am Montag, 5. Januar 2026, 09:00:00 CET schrieb N:|"
        "Am 05.01.2026 um 09:00 schrieb N <A<mailto:A>>:|-----N <A> schrieb: -----|>>> N <A> 05.01.2026 09:00 >>>"
    ),
    "fr": phrases(
        "Le lun. 5 janv. 2026 à 09:00, N <A> a écrit :|Le 5 janv. 2026 à 09:00, N <A> a écrit\u00a0:|"
        "Le 05/01/2026 à 09:00, N a écrit :|Le lundi 5 janvier 2026 à 09:00:00 UTC+1, N <A> a écrit : |"
        "Le 05/01/2026 09:00, N a écrit :|Le 5 janvier 2026 09:00:00 N <A> a écrit :|"
        "Le 5 janv. 2026, « N » <A> a écrit :|N <A> a écrit :|Le lun. 5 janv. 2026 à 09 h 00, N <A> a écrit :|"
        "N <A> a écrit le 05/01/2026 09:00:00 :|Le\u00a05 janvier 2026 à 09:00:00, N (A) a écrit:"
    ),
    "es": phrases(
        "El lun, 5 ene 2026 a las 9:00, N (<A>) escribió:|El 5 ene 2026, a las 9:00, N <A> escribió:|"
        "El 5/1/26 a las 9:00, N escribió:|El lunes, 5 de enero de 2026, 09:00:00 CET, N <A> escribió: |"
        "El 05/01/2026 09:00, N escribió:|El lun., 5 de ene. de 2026 9:00 a. m., N <A> escribió:|N <A> escribió:|"
        "El 5 de enero de 2026, 9:00, N<A> escribió:|El 2026-01-05 09:00, N escribió:|"
        "El lun, 5 de ene de 2026 a la(s) 09:00, N (A) escribió:"
    ),
    "pt": phrases(
        "Em seg., 5 de jan. de 2026 às 09:00, N <A> escreveu:|N <A> escreveu (segunda, 5/01/2026 à(s) 09:00):|"
        "Em 5 de jan. de 2026, à(s) 09:00, N <A> escreveu:|No dia 5 de jan de 2026, às 09:00, N <A> escreveu:|"
        "Em 05/01/2026 09:00, N escreveu:|Às 09:00 de 05/01/2026, N escreveu:|"
        "N <A> escreveu a 05/01/2026, à(s) 09:00:|"
        "Em segunda-feira, 5 de janeiro de 2026 09:00:00 BRT, N <A> escreveu: |"
        "N <A> escreveu no dia seg, 5/01/2026 às 09:00:|Em seg, 5 de jan de 2026 09:00, N <A> escreveu:"
    ),
    "it": phrases(
        "Il giorno lun 5 gen 2026 alle ore 09:00 N <A> ha scritto:|"
        "Il giorno 5 gen 2026, alle ore 09:00, N <A> ha scritto:|Il 05/01/26 09:00, N ha scritto:|"
        "Il lunedì 5 gennaio 2026 alle ore 09:00:00 CET, N <A> ha scritto: |"
        "Il lun 5 gen 2026, 09:00 N <A> ha scritto:|Il 05/01/2026 09:00, N ha scritto:|N <A> ha scritto:|"
        "In data 5 gennaio 2026 alle ore 09:00:00, N (A) ha scritto:|N <A> ha scritto il 05/01/2026 09:00:"
    ),
    "nl": phrases(
        "Op ma 5 jan 2026 om 09:00 schreef N <A>:|Op 5 jan 2026, om 09:00 heeft N <A> het volgende geschreven:|"
        "Op 05-01-2026 om 09:00 schreef N:|Op maandag 5 januari 2026 om 09:00:00 CET schreef N <A>: |"
        "Op 5 jan. 2026 om 09:00 schreef N <A> het volgende:|N <A> schreef op 5 januari 2026 09:00:|"
        "Op 05-01-26 09:00, N schreef:|N schreef op 05-01-2026 09:00:"
    ),
    "sv": phrases(
        "Den mån 5 jan. 2026 kl 09:00 skrev N <A>:|5 jan. 2026 kl. 09:00 skrev N <A>:|"
        "Den 2026-01-05 kl. 09:00, skrev N:|Den måndag 5 januari 2026 09:00:00 CET skrev N <A>:|"
        "mån 5 jan. 2026 kl. 09:00 skrev N <A>:"
    ),
    "da": phrases(
        "Den man. 5. jan. 2026 kl. 09.00 skrev N <A>:|Den 5. jan. 2026 kl. 09.00 skrev N <A>:|"
        "Den 05.01.2026 kl. 09.00 skrev N:|N <A> skrev den 05-01-2026 09:00:"
    ),
    "no": phrases(
        "man. 5. jan. 2026 kl. 09:00 skrev N <A>:|5. jan. 2026 kl. 09:00 skrev N <A>:|"
        "Den 05.01.2026 09:00, skrev N:|Den mandag 5. januar 2026 skrev N <A>:|måndag 5. januar 2026 skreiv N <A>:"
    ),
    "fi": phrases(
        "ma 5. tammik. 2026 klo 9.00 N (A) kirjoitti:|N <A> kirjoitti 5.1.2026 kello 9.00:|"
        "N kirjoitti 5.1.2026 klo 9.00:|Maanantai 5. tammikuuta 2026 klo 09.00.00 EET N <A> kirjoitti:|"
        "5.1.2026 9.00, N kirjoitti:"
    ),
    "pl": phrases(
        "pon., 5 sty 2026 o 09:00 N <A> napisał(a):|"
        "Wiadomość napisana przez N <A> w dniu 5 sty 2026, o godz. 09:00:|N <A> w dniu 5 sty 2026, o godz. 09:00:|"
        "W dniu 5.01.2026 o 09:00, N pisze:|W dniu 05.01.2026 09:00, N napisał(a):|"
        "Dnia 5 stycznia 2026 09:00 N <A> napisał(a):|pon., 5 sty 2026, 09:00 użytkownik N <A> napisał:|"
        "W dniu poniedziałek, 5 stycznia 2026 09:00:00 CET N <A> napisał(a):|On 2026-01-05 09:00, N pisze:"
    ),
    "cs": phrases(
        "po 5. 1. 2026 v 9:00 odesílatel N <A> napsal:|5. 1. 2026 v 9:00, N <A>:|"
        "Dne 05. 01. 26 v 9:00 N napsal(a):|Dne 5.1.2026 v 9:00 N napsal(a):|"
        "Dne pondělí 5. ledna 2026 9:00:00, N <A> napsal(a):|po 5. 1. 2026 o 9:00 N <A> napísal(a):|"
        "Dňa 5. 1. 2026 o 9:00 N napísal(a):"
    ),
    "ru": phrases(
        "пн, 5 янв. 2026 г. в 09:00, N <A>:|5 янв. 2026 г., в 09:00, N <A> написал(а):|05.01.2026 09:00, N пишет:|"
        '05.01.2026, 09:00, "N" <A>:|Понедельник, 5 января 2026, 9:00 +03:00 от N <A>:|'
        "5 января 2026 г. 9:00 пользователь N <A> написал:|В Пн, 05/01/2026 в 09:00 +0300, N пишет:|"
        "Понедельник, 5 января 2026 г., 9:00 +03:00 от N <A>: |N <A> писал(а) 05.01.2026 09:00:|"
        "On 05.01.2026 09:00, N wrote:|5 января 2026, 09:00, от N <A>:"
    ),
    "uk": phrases(
        "пн, 5 січ. 2026 р. о 09:00 N <A> пише:|05.01.26 09:00, N пише:|"
        '5 січ. 2026 р., о 09:00 N <A> написав(-ла):|5 січня 2026, 09:00:00, від "N" <A>:'
    ),
    "tr": phrases(
        "N <A>, 5 Oca 2026 Pzt, 09:00 tarihinde şunu yazdı:|N <A> şunları yazdı (5 Oca 2026 09:00):|"
        "5.01.2026 09:00 tarihinde N yazdı:|5 Ocak 2026 Pazartesi tarihinde N <A> yazdı:|"
        "5 Ocak 2026 Pazartesi 09:00:00 GMT+3 tarihinde N <A> şunu yazdı:"
    ),
    "ja": phrases(
        "2026年1月5日(月) 9:00 N <A>:|2026/01/05 9:00、N <A>のメール:|2026年1月5日 9:00、N <A>のメール：|"
        "2026年1月5日（月） 9:00 N <A>：|N さんは書きました:|On 2026/01/05 9:00, N wrote:|"
        "2026年1月5日 9:00 N <A> のメッセージ:|2026年1月5日月曜日 9:00:00 JST、N <A>が書きました: |"
        "N <A>さんは2026年1月5日に書きました：|On Mon, 05 Jan 2026 09:00:00 +0900\nN <A> wrote:|"
        "2026年1月5日 9:00、N <A> wrote:"
    ),
    "ko": phrases(
        "2026년 1월 5일 (월) 오전 9:00, N <A>님이 작성:|2026. 1. 5. 오전 9:00, N <A> 작성:|"
        "N <A>님이 2026. 1. 5. 오전 9:00에 작성:|2026-01-05 오전 9:00에 N 이(가) 쓴 글:|"
        "2026년 1월 5일 월요일 오전 09:00:00 GMT+9, N <A>님이 작성: |2026년 1월 5일 오전 9:00, N <A>님이 작성:"
    ),
    "hu": phrases(
        "N <A> ezt írta (időpont: 2026. jan. 5., H, 9:00):|2026. jan. 5. dátummal, 9:00 időpontban N <A> írta:|"
        "2026. 01. 05. 9:00 keltezéssel, N írta:|N <A> írta 2026. jan. 5. 9:00:"
    ),
    "ro": phrases(
        "În lun., 5 ian. 2026 la 09:00, N <A> a scris:|Pe 5 ian. 2026, la 09:00, N <A> a scris:|"
        "Pe 05.01.2026 09:00, N a scris:|În data de luni, 5 ianuarie 2026, N <A> a scris:"
    ),
    "el": phrases(
        "Στις Δευ 5 Ιαν 2026 στις 9:00 π.μ., ο χρήστης N <A> έγραψε:|Στις 5/1/26 09:00, ο/η N έγραψε:|"
        "5 Ιαν 2026, 9:00 π.μ., ο χρήστης «N <A>» έγραψε:|Στις 05/01/2026 09:00, ο N έγραψε:"
    ),
    "other": phrases(
        "Missatge de N <A> del dia dl., 5 de gen. 2026 a les 9:00:|El 5/1/26 a les 9:00, N ha escrit:|"
        "pon, 5. sij 2026. u 09:00 N <A> napisao je:|На пн, 5.01.2026 г. в 9:00 N <A> написа:|"
        "V V pon., 5. jan. 2026 ob 09:00 je oseba N <A> napisala:|2026-01-05, pr, 09:00 N <A> rašė:|"
        "pirmd., 2026. g. 5. janv., plkst. 9:00 — lietotājs N (<A>) rakstīja:|"
        "Kasutaja N (<A>) kirjutas kuupäeval E, 5. jaanuar 2026 kell 09:00:|"
        "Vào Th 2, 5 thg 1, 2026 vào lúc 09:00 N <A> đã viết:|"
        "Pada tanggal Sen, 5 Jan 2026 pukul 09.00 N <A> menulis:|"
        "ในวันที่ จ. 5 ม.ค. 2026 เวลา 09:00 N <A> เขียนว่า:|"
        "في الاثنين، 5 يناير 2026 في 9:00 ص تمت كتابة ما يلي بواسطة N <A>:|"
        "\u202bבתאריך יום ב׳, 5 בינו׳ 2026 ב-9:00 מאת \u202aN\u202c\u200f <\u202aA\u202c\u200f>:\u202c|"
        "Þann mán., 5. jan. 2026 kl. 09:00 skrifaði N <A>:|Dana 5. 1. 2026. 09:00, N je napisao/la:|"
        "дана 5. 1. 2026. у 09:00, N <A> је написао/ла:"
    ),
}


def filled(form: str) -> str:
    """A form with name and address put in."""
    return "".join({"N": NAME, "A": ADDRESS}[c] if _alone(form, at) else c for at, c in enumerate(form))


def _alone(form: str, at: int) -> bool:
    """Whether the letter at this place is one of the two that stand for something: no Latin letter beside it."""
    if form[at] not in "NA":
        return False
    around = form[max(0, at - 1) : at] + form[at + 1 : at + 2]
    return not any(c.isascii() and c.isalnum() for c in around)
