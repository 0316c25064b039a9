"""What delivery reports without RFC 3464 parts say, in the words of the programs that write them."""

import re

from maild.ingest.phrases import phrases

SENDERS = phrases(
    "post_master|courier mail|mail server at|mailer-daemon|mailer_daemon|mailerdaemon|mail-daemon|maildaemon|"
    "mail delivery|mail-delivery|"
    "postmaster|mdaemon|mail-system|mailsystem|mail system|maildelivery|system administrator|mail administrator|"
    "delivery subsystem|delivery system|smtp daemon|bounce@|bounces@|系统退信|系統退信|退信|mailer.daemon|uucp@|"
    "internet mail|mail router|mail-router|majordom|mmdf|microsoftexchange|mta@|mail.daemon"
)
SUBJECTS = phrases(
    "メールエラー|エラー通知|配送エラー|送信エラー|mail failed|returning to sender|undeliver|undelivered|"
    "returned mail|returned email|returned message|return to sender|delivery fail|delivery status notification|"
    "delivery notification|delivery report|mail delivery|failure notice|failed mail|failed delivery|"
    "delivery problem|mail system error|message status|delivery has failed|non-delivery|nondelivery|"
    "not deliverable|could not be delivered|unable to deliver|delivery error|mail failure|mail could not|"
    "message could not|cannot deliver|not delivered|undeliverable|undelivrable|unzustellbar|nicht zugestellt|"
    "non remis|non distribuable|échec de|echec de|no se puede entregar|no entregado|não entregue|non recapitabile|"
    "mancato recapito|niet bezorg|onbestelbaar|kunde inte levereras|недоставлен|не доставлен|возврат|退信|退回|"
    "投递失败|投遞失敗|无法投递|無法傳遞|未送达|未送達|发送失败|配信不能|配信できません|送信できません|"
    "delivery delay|delayed mail|delayed|could not send|warning: could not|rejected|mail returned|mail error|"
    "unknown recipient|user unknown|bounce|delivery unsuccessful|nondeliverable|mail warning|delivery attempt|"
    "delivery incomplete|message not|e-mail failed|error sending|returned to sender|deliver mail|배달 실패|반송|"
    "devuelto|retourné|delivery fault|nicht zustell|problème de|informe de|errore di|deferred mail|notification: |"
    "report: |error de|niezwrócona|zwrot|ej levererad|undeliv|mailproblem|address unknown|recipient unknown|"
    "no such user|permanent error|over quota|mailbox full|dsn|传送失败|傳送失敗|不能投递|mail not|failure delivery|"
    "failure to deliver|error sending your mail|blocked by our|email delivery failure|e-mail delivery|"
    "niedostarczalne|niedostarczona|nie można dostarczyć|не удается доставить|не удалось доставить|"
    "сообщение не доставлено|ошибка доставки|배달되지 않음|배달할 수 없음|발송실패|발송 실패|전송 실패|전송실패|"
    "전달할 수 없|kan inte levereras|gick inte att leverera|olevererat|kan ikke leveres|ikke leveret|uleverbar|"
    "kunne ikke leveres|ei voida toimittaa|toimitus epäonnistui|toimittamaton|nelze doručit|nedoručitelná|"
    "nedoručitelné|nedoručené|nedoručiteľné|teslim edilemedi|teslim edilemeyen|kézbesíthetetlen|kézbesítetlen|"
    "μη παραδοτέο|αδυναμία παράδοσης|imposibil de livrat|nelivrat|не може да се достави|неможливо доставити|"
    "не вдалося доставити|correo devuelto|mensaje no entregado|no se pudo entregar|devolvido|falha na entrega|"
    "mensagem não entregue|impossibile recapitare|mancata consegna|messaggio non consegnato|bezorging mislukt|"
    "niet afgeleverd|niet bezorgd|remise impossible|message non distribué|courrier non distribué|"
    "zustellung fehlgeschlagen|zustellfehler|unzustellbare|rückläufer|投递失敗|投遞錯誤|寄送失敗|郵件退回|無法送達|"
    "无法送达|未能送达|邮件被退回|發送失敗|投递错误|投递状态|退件|不达|不達|届きませんでした|配信失敗|配送失敗|"
    "配信エラー|送信失敗|メールは送信できませんでした"
)
TEXTS = phrases(
    "this is the qmail-send program|created automatically by mail delivery software|"
    "this is the mail system at host|this is the postfix program|did not reach the following recipient|"
    "did not reach some or all|could not be delivered|couldn't be delivered|can not be delivered|"
    "cannot be delivered|was not delivered|wasn't delivered|not be delivered|undeliverable|undelivered|"
    "delivery to the following recipient|delivery has failed|failed to deliver|failure to deliver|"
    "failed permanently|unable to deliver|had permanent fatal errors|permanent failure|permanent fatal|"
    "had transient|transient non-fatal|mail delivery failed|delivery failed|delivery of the following|"
    "delivery failure|no such user|user unknown|unknown user|unrouteable|mailbox unavailable|mailbox not found|"
    "recipient address rejected|address rejected|does not exist|not a valid|invalid recipient|unknown recipient|"
    "recipient unknown|returned to you|returned to sender|was returned|mail returned|bounced|has been delayed|"
    "been delayed|still being|not yet been delivered|will continue trying|still trying|over quota|exceeded|"
    "mailbox is full|quota|user not found|not listed in|was rejected|were rejected|rejected your message|"
    "nicht zugestellt|konnte nicht|unzustellbar|n'a pas pu|non remis|no se pudo|não foi possível|não pôde|退信|"
    "退回|无法投递|未能投递|投递失败|无法送达|未送达|无法发送|發送失敗|无法到达|被拒|拒收|不存在|找不到|投遞|"
    "配信できません|不能投递|отклонен|не может быть доставлен|не удалось доставить|no mailbox|error occurred while|"
    "delivery attempt|not deliver|non-existent|unable to send|could not send|not known|disabled or discontinued|"
    "account that you tried|recipients failed|failed recipient|unreachable|host unknown|name server|not accepting|"
    "not authorized|not able to deliver|problem delivering|refused|not been delivered|been blocked|was blocked|"
    "invalid user|invalid address|not reach|couldn't be found|wasn't able to deliver|not a member|not member|"
    "dostarczenie|nie można odnaleźć|сбой доставки|не найден|배달하지 못|발송되지 못|전송되지 못|전달되지 못|"
    "찾을 수 없|misslyckades|mislykkedes|mislyktes|epäonnistui|nezdařilo|nepodařilo|nepodarilo|başarısız|"
    "nem sikerült|sikertelen|απέτυχε|nu a putut|nu s-a putut|не вдалося|échec de la remise|introuvable|"
    "error de entrega|falha na entrega|recapito non riuscito|bezorgen is mislukt|fehler bei der zustellung|"
    "nicht gefunden|nicht erreicht|无法传递|無法傳遞|傳遞至下列|使用者不存在|配信に失敗|見つかりません|"
    "届けることができません|送達できません|お届けできません|存在しません|投递不成功|收件人拒绝|用户不存在|"
    "邮箱不存在"
)
DELAYED = phrases(
    "has been delayed|been delayed|is delayed|delivery delayed|delivery delay|delayed mail|still being retried|"
    "will continue trying|will keep trying|will be retried|still trying|not yet been delivered|not yet delivered|"
    "warning message only|warning only|do not need to resend|no action is required|you do not need|temporarily|"
    "temporary failure|will continue to try|attempts to deliver|延迟|延遲|暂时无法|继续尝试|delayed|verzögert|"
    "retardé|retrasado|nicht zugestellt werden, wird|delivery attempts will continue|deferred"
)
# Pieces of the local parts under which machines write.
ROLES = phrases(
    "admin|owner|request|system|noreply|no-reply|no_reply|donotreply|bounce|daemon|mailer|root|postm|notif|"
    "mail|smtp|mta|"
    "server|filter|gateway|virus|spam|firewall|autorespon|alert|nobody|apache|www|delivery|listserv|"
    "majordomo|helpdesk"
)
# Where the notice ends and the returned mail begins.
RETURNED = re.compile(
    r"^\W{0,40}(?:below this line is a copy|this is a copy of (?:the|your) message|"
    r"the original message(?! was| detail| info)|"
    r"original message (?:follows|headers|header)|unsent message follows|unsent message below|"
    r"message (?:header|text|follows|headers) ?follow|returned message|the following is a copy|"
    r"copy of (?:the )?message|"
    r"original message(?! was| detail| info| could| had| has)|(?:-{2,} ?)?(?:forwarded|included) (?:message|"
    r"is a copy)|the header of the original message|"
    r"received: from|return-path:|----- ?message header|your message follows|"
    r"message contents follow|text of (?:the )?message follows|原邮件(?!信息)|原始邮件(?!信息)|以下是原|"
    r"transcript of original|"
    r"the message that caused|reporting-mta|attached is the message|message from yahoo|"
    r"boundary \(id|returned text|headers of the (?:original )?message|please see the original)",
    re.I,
)
