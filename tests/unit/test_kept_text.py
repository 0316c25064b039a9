"""Text that only looks like history, a signature or a footer: when in doubt, all of it is kept."""

import pytest

from maild.ingest.quotes import new_text

KEPT = [
    # sentences with a date, a verb or a colon at their end
    "On Monday 5 January 2026 I was told to write:\nnobody wrote back.",
    "On 5 Jan 2026 at 09:00 the printer showed this error:\nPC LOAD LETTER",
    "On 5 January the backup failed. The log said:\ndisk full",
    "I wrote to han@corp.example on 5 Jan 2026:\nno answer so far",
    "We sent the file to Han <han@corp.example> on 5 Jan 2026 at 09:00:\nreport.xlsx",
    "The server wrote on 2026-01-05 09:00:00:\nERROR 42",
    "The log of 2026-01-05 09:00:12 says:\nkernel: panic",
    "2026-01-05 09:00:12 ERROR: cannot connect\n2026-01-05 09:00:13 ERROR: cannot connect",
    "Error at 09:00:\nno space left",
    "My address is li@corp.example:\nplease add it to the list.",
    "When my boss wrote:\nI did not answer.",
    "Please contact Han Meimei <han@corp.example>:\nshe has the key.",
    "Am Montag, 5. Januar 2026 ging der Drucker nicht mehr:\nPapierstau",
    "Am 05.01.2026 um 09:00 kam diese Fehlermeldung:\nZugriff verweigert",
    "Ich schrieb am 05.01.2026 um 09:00 schon einmal:\nkeine Antwort",
    "Der Server schrieb am 05.01.2026 um 09:00:\nFehler 42",
    "Le 5 janvier 2026 à 09:00, l'imprimante affichait :\nbourrage papier",
    "J'ai écrit le 05/01/2026 :\npas de réponse",
    "El 5 de enero de 2026 apareció este error:\nacceso denegado",
    "Em 5 de janeiro de 2026 apareceu este erro:\nacesso negado",
    "Il 5 gennaio 2026 è apparso questo errore:\naccesso negato",
    "Op 5 januari 2026 kreeg ik deze fout:\ntoegang geweigerd",
    "Den 5 januari 2026 kl. 09:00 kom det här felet:\nåtkomst nekad",
    "W dniu 5 stycznia 2026 pojawił się błąd:\nodmowa dostępu",
    "5 января 2026 г. в 09:00 появилась ошибка:\nдоступ запрещён",
    "在 2026年1月5日 09:00，系统提示如下错误：\n无法连接服务器",
    "2026年1月5日上午9:00出现如下报错：\n0x80070005",
    "我在2026年1月5日 09:00 写道的邮件一直没有人回：\n请处理",
    "系统在 2026-01-05 09:00:00 提示：\n磁盘空间不足",
    "昨天王伟写道：\n这台打印机坏了，麻烦换一台。",
    "请联系 han@corp.example：\n她有钥匙。",
    "2026年1月5日 9:00 頃から次のエラーが出ます：\nアクセス拒否",
    "2026년 1월 5일 오전 9:00부터 다음 오류가 나옵니다:\n접근 거부",
    # forms and lists
    "姓名：李雷\n部门：财务部\n电话：8123\n日期：2026-01-05\n主题：打印机坏了",
    "From: Shanghai\nTo: Beijing\nDate: 5 May 2026\nplease book a laptop for the journey",
    "Laptop for a journey\nFrom: 5 May\nTo: 9 May\nReason: fair",
    "Date: 2026-01-05\nTime: 09:00\nSubject: printer\nRoom: 312",
    "出发地：上海\n目的地：北京\n日期：5月5日",
    "时间：2026年1月5日 9:00\n地点：312 会议室\n主题：系统升级",
    "Von: Berlin\nNach: Hamburg\nDatum: 5.5.2026",
    "De: Madrid\nA: Barcelona\nFecha: 5 de mayo",
    "1. first\n2. second\n3. third",
    "- one\n- two\n* three\n+ four",
    "| name | room |\n|------|------|\n| Li | 312 |",
    "name | room\n-----+-----\nLi   | 312",
    "first part\n----------\nsecond part\n==========\nthird part",
    "first part\n\n-----\n\nsecond part",
    "first part\n***\nsecond part\n___\nthird part",
    "--- steps ---\n1. open\n2. crash",
    "=== Error log ===\nline one\nline two",
    "----- original file -----\nlost after the update",
    "-- is what the program prints, then it ends",
    "the option --help shows nothing\n--verbose neither",
    "# heading\ntext below\n## second\nmore",
    "x > 5 and y < 3\nif a | b: c",
    "C:\\> dir\nfile not found",
    "$ ls -l\ntotal 0",
    "- sent from the scanner on floor 3, but never arrived here",
    # sentences about sending, phones and programs
    "Sent from my desk, is much easier for me to do",
    "Sent from Outlook yesterday but it never arrived",
    "Sent from my phone because the laptop is broken.\nPlease call me.",
    "Sent via the web form, not by mail\nplease check",
    "Get Outlook for iOS does not install on my phone\nwhat now?",
    "Outlook für iOS lässt sich nicht herunterladen\nwas tun?",
    "Mail vom iPhone wird nicht gesendet\nbitte helfen",
    "Gesendet mit Outlook, aber nie angekommen\nbitte prüfen",
    "Envoyé depuis Outlook mais jamais reçu\nmerci",
    "从我的手机发送邮件失败\n请帮忙看看",
    "发自我的手机的邮件都收不到\n请帮忙看看",
    "使用手机邮箱时打不开附件\n请处理",
    "使用 Outlook 发送邮件时报错\n0x800CCC0E",
    "手机上的邮件无法发送\n怎么办",
    "iPhoneから送信できません\nエラー 42",
    "아이폰에서 메일이 안 보냄\n도와주세요",
    # words of separators and cut lines inside sentences
    "The original message was deleted by mistake.\nCan you restore it?",
    "Please find the forwarded message attached.\nIt has no text.",
    "原始邮件被我误删了\n能恢复吗？",
    "转发邮件时提示失败\n请处理",
    "转发规则不起作用：\n所有邮件都没转",
    "Can I reply above this line in the ticket system?\nIt is not clear.",
    "Original text follows the copy\nboth are wrong",
    # sign-offs stay
    "Thanks\n\nRegards,\nLi Lei",
    "谢谢\n\n李雷\n财务部",
    "Danke\n\nMit freundlichen Grüßen\nLi Lei",
    "ok\n—Ryan",
    "ok\n- Li",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_a_person_typed_is_kept_whole(text: str) -> None:
    for layout in (text, f"Hello,\n\n{text}", f"{text}\n\nThanks", f"你好，\n{text}\n\n谢谢"):
        assert new_text(layout.split("\n")).text == layout
    below = f"{text}\n\nOn Mon, 5 Jan 2026 at 09:00, IT Desk <it@corp.example> wrote:\n> please try again"
    assert new_text(below.split("\n")).text == text
