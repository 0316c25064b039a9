"""Answers as people write them, with what they mean: (state, meaning) and one answer a line, both languages."""

_SOLVED = """
可以了谢谢
好了谢谢您
已经修好了 谢谢
正常了感谢
works now thanks
fixed thanks a lot
可以了，谢谢
可以了
好了
好了，谢谢！
已经好了，多谢
现在可以了
可以用了，谢谢
现在能用了，辛苦了
能登录了，谢谢
能打印了
可以上网了，感谢
搞定，谢谢
搞定了！
解决了
问题已解决，感谢支持
已解决，谢谢
已经解决了，谢谢您
问题解决了，可以关闭
恢复了，谢谢
已恢复正常
网络恢复正常了
正常了
现在正常了，谢谢王工
一切正常，谢谢
目前正常，有问题再联系
打印机修好了，谢谢
没问题了
没有问题了，请关闭工单
没事了，谢谢
ok了，谢谢
行了，多谢
连上了，谢谢
VPN连上了
登上了，非常感谢
确认已解决
确认解决，谢谢
可以结单了
可以关单，谢谢
请关闭工单，谢谢
刚试了一下，可以了
您好，
已经可以了。
谢谢！
works now
It works now, thank you!
Works fine now, thanks.
Works perfectly, thanks
It's working now.
Working again, thanks a lot
Everything works again
That worked, thanks!
That did the trick. Thank you!
That fixed it.
It is fixed now
The issue is resolved, thanks.
Problem solved!
Solved, thanks
Resolved. Thank you
Fixed, many thanks
The printer is working again.
I can print now, thanks
I can log in now. Thank you so much!
Can connect now, cheers
All good now
All good, thanks!
All set, thank you.
Back to normal, thanks
Up and running again
Sorted, cheers
You can close the ticket.
Please close this ticket, it works.
The ticket can be closed
Yes, it works now. Thanks for the quick help!
Okay now, thanks
It has been fixed, thank you
The error is gone now.
Confirmed, it's working fine.
Perfect, works great.
Outlook opens and everything works, thanks Wang Wei!
"""

_NOT_SOLVED = """
还是不行
还是不行，一样的报错
还不行
仍然不行
试了，不行
不行啊，打不开
还是不能登录
还是没反应
还是打不开
还是连不上VPN
还是一样
还是老样子，很卡
还是报错
还是无法打印
还是有问题
还有问题，麻烦再看看
问题还存在
还是会闪退
还是黑屏
仍然无法上网
仍然报错：连接超时
仍不能使用
依然无法登录
没解决
没有解决
问题未解决
没有好
打印机没修好
没用
没有用，还是蓝屏
按您说的做了，没效果
重启无效
不管用
今天又出现了
又不行了
又断了，请再看一下
又打不开了
刚刚又报错了
再次出现同样的问题
同样的错误
老问题又来了
问题依旧
问题还在
没有改善
更严重了
还是用不了
不可以，登不上
还没好
谢谢，但是还是不行
谢谢，不过问题没有解决
still the same
Still the same error
Thanks, but still broken
It's still not working
still no internet
It still doesn't work
Still can't log in
I still cannot connect to the VPN
still unable to print
Still getting the error message
I still have the problem
Still happening
The issue still exists
still slow
It is still locked
still crashing when I open a file
The problem persists
Not working
not solved
The issue is not resolved
It is not fixed
not yet
No luck
No change
Unfortunately no improvement
It doesn't work
That did not work
Sorry, it didn't help
That didn't fix it
The issue hasn't been fixed
won't work on my machine
same problem again
Same issue this morning
same error as before
Nothing has changed
The error came back
The problem is back
It happened again
crashed again
It's worse now
Thank you for trying, but it is not working.
It worked for an hour, but now it is down again
Please reopen, the printer is broken again
"""

_THANKS = """
谢谢
谢谢！
谢谢您
谢谢你
多谢
多谢了
非常感谢
非常感谢！
十分感谢您的帮助
感谢
感谢支持
感谢您的支持
感谢您的帮助！
感谢你们的帮助
谢谢大家
谢谢您的帮助
谢谢你的帮忙
谢谢帮忙
谢谢王工
谢谢李老师
谢了
谢啦
辛苦了
辛苦啦，谢谢
辛苦你们了
收到，谢谢
收到，多谢
好的，谢谢
好的，谢谢您！
好的，非常感谢
嗯嗯，谢谢
知道了，谢谢
明白了，谢谢
了解，谢谢
ok，谢谢
OK, 谢谢
太感谢了
万分感谢
谢谢这么快回复
谢谢及时处理
thanks
Thanks!
Thanks a lot
Thanks so much!
Thank you
Thank you!
Thank you very much
Thank you very much for your help!
Thank you so much for the quick response
Thanks for your help
Thanks for the quick help!
Thanks for the support
Thanks for letting me know
Thanks for the update
Thanks for the information
Many thanks
Many thanks for your support
Many thanks for your efforts
Thanks, Wang
Thanks Wei
Thanks Michael!
Thanks all
thx
Thx!
Thx a lot
ty
Cheers
Cheers!
Much appreciated
Much appreciated, thanks
I really appreciate your help
We appreciate it
Great, thanks
Great, thank you!
Perfect, thanks
Ok thanks
Okay, thank you
Got it, thanks
Noted, thanks
Noted with thanks
Received, thanks
Thanks again
Thank you again for your support
Awesome, thank you
Thanks for the great service
Thanks and best regards
Thanks and have a nice day
"""

_CHASER = """
请问进展如何？
请问进展如何
进展怎么样了？
有什么进展吗
有进展吗？
请问处理进度如何
进度怎么样了
现在什么进度？
请问这个处理情况怎么样
处理得怎么样了
请问处理了吗？
处理好了吗？
请问处理到哪一步了
催一下
催一下，谢谢
麻烦催一下
再催一下
催催
请跟进一下
麻烦跟进下
什么时候能解决？
请问什么时候能好
什么时候可以修？
什么时候有人来？
请问何时能处理
大概多久能好
还要多久？
大概多久能解决
要等多久
怎么没人处理
一直没人联系我
没人处理吗？
还没有人联系我
还没人来
还没处理吗？
有人在处理吗
请问有人处理吗？
有结果了吗
有消息吗？
有回复吗
麻烦尽快处理
请尽快处理，谢谢
能快点吗
请问怎么样了
怎么样了？
解决了吗？
修好了吗
好了吗？
好了没
账号开通了吗
已经等了两天了
等了很久了，请处理
any news?
Any news on this?
Any update?
Any updates on my ticket?
any progress?
Any word on this?
Any feedback?
Any ETA?
What is the status?
What's the status of my ticket?
Could I get a status update?
Please give me a status update
Status of my request?
What is the current status
Could you update me please
Please update me on this
Is there an update on this?
Update please
Just following up on this.
Following up on my ticket from Monday
I would like to follow up on this
Just checking in
Checking on the progress of this
Gentle reminder
Friendly reminder, please
Kind reminder
I am still waiting
Still waiting for someone to call
I have been waiting since yesterday
We are waiting for a reply
When will this be fixed?
When will someone come?
When can I expect a solution?
When can someone look at it?
How long will it take?
How much longer?
Has anyone looked at this?
Did anyone look into this
Is anyone working on this?
Is someone working on it?
Nobody has called me
No one has contacted me
I haven't heard anything
I have not heard back from you
No reply yet
No response yet
Please expedite
Please hurry
Where are we on this?
bump
"""

_WITHDRAWN = """
不用处理了
不用处理了，谢谢
不用管了
不用修了，谢谢
不需要处理了
不需要了
不需要了，谢谢
不必处理了
无需处理
不用麻烦了
不麻烦了，谢谢
不用再处理了
不用看了
不用来了，已经换了电脑
不用了，谢谢
不用了
请取消申请
取消申请
取消吧
请取消
请取消工单
撤销申请
请撤销工单
撤回申请
撤回工单，谢谢
请撤单
先不用了
暂时不用了，谢谢
当我没说
发错了，抱歉
发错了
误报，不好意思
不再需要了
已经自己好了
自己好了
自己好了，不用处理了
我自己弄好了，谢谢
自己解决了
问题已自行解决
已自行恢复
网络自己恢复了
自己搞定了
已自动恢复
它自动好了
我自己修好了
同事帮我解决了，谢谢
重启就好了，谢谢
重启后好了
莫名其妙好了
never mind
Never mind, thanks
nevermind
Please never mind
No longer needed
This is no longer needed, thanks
I no longer need this
not needed anymore
It is not needed any more
We don't need it anymore
no need to come
There is no need to fix it
No need anymore, thanks
please cancel
Please cancel my request
Please cancel the ticket
Cancel this ticket please
Cancel the request
I want to withdraw my request
Please disregard
Please disregard my mail
Disregard this, sorry
Please ignore
please ignore my last mail
Ignore this, wrong address
false alarm
Sorry, false alarm
It was sent by mistake
This was sent in error
no action needed
No action required
No further action, thanks
Forget it
forget about it
scratch that
I fixed it myself
Solved it myself, thanks
It fixed itself
The issue resolved itself
It sorted itself out
I figured it out, thanks
I found the problem myself
It went away by itself
A colleague helped me, thanks
"""

_RATINGS_ZH = """
5
4
3
2
1
5分
4分
3 分
5星
4星
5，谢谢
5 很满意
评分：5
评分 4
打分5分
评价：3分
5！
（5）
满意
很满意
非常满意
非常满意，谢谢
十分满意
特别满意！
服务很满意
比较满意
还行
还可以
一般
一般般
不满意
不太满意
很不满意
非常不满意
太差了
很差
差评
五星好评
满分
完美
"""

_RATINGS_EN = """
5 stars
4 stars
3 stars
2 star
1 star
5/5
4/5
5 points
4 out of 5
Rating: 5
rating 4/5
5 - excellent
5, thanks
4. Good service
Very satisfied
Very satisfied, thank you
satisfied
I am satisfied
Satisfied with the service
Not satisfied
I'm not satisfied
dissatisfied
Very dissatisfied
Very disappointed
unhappy
Not happy with this
Excellent
Excellent service!
Perfect
Outstanding support
Great service
Amazing
Quite good
Pretty good
average
So so
mediocre
poor
terrible
awful
"""

_QUESTION = """
请问需要带电脑过来吗？
这个要怎么操作？
请问打印机的名称是什么
密码多久要改一次？
可以给我一份操作说明吗？
为什么要重启？
几点来修？
能不能顺便装一个Visio？
Which cable do you mean?
How do I set up the VPN on my phone?
Why did this happen?
Could you tell me the printer's name?
Can I use the old laptop meanwhile?
What should I do next?
Do I need to bring my laptop?
Is there a manual for it?
"""

_CONTENT = """
我的电话是8123，在三楼
错误代码是 0x80070005
设备是 ThinkPad T14，资产编号 IT-00123
附件是截图
今天下午我在办公室
好了告诉我一声
等修好了请通知我
如果好了我再回复您
下午两点以后可以过来
收到，我下班前试试
希望明天能好
My extension is 8123, third floor
The error code is 0x80070005.
I attached a screenshot.
I will try it this afternoon.
I am in the office until five.
Please call me before you come.
Let me know when it is fixed.
If it works I will tell you.
I hope it will be fixed tomorrow.
It is the printer next to the kitchen.
"""

_BOTH = """
好了，谢谢。另外打印机坏了
可以了，顺便再帮我装一个Visio
解决了，还有一个问题：邮箱很慢
Works now, thanks. Also, my second monitor flickers.
Solved. One more thing: I need access to the finance folder.
It works now, but could you also install Visio?
"""


def _answers(text: str) -> list[str]:
    """One answer a line; a greeting line (ends with a comma) and a thank-you line of its own belong to their answer."""
    answers: list[str] = []
    open_ended = False
    for line in text.strip().split("\n"):
        if open_ended:
            answers[-1] += "\n" + line
            open_ended = not line.endswith("！")
        else:
            answers.append(line)
            open_ended = line.endswith("您好，")
    return answers


TABLE: list[tuple[str, str, str]] = [
    (state, kind, answer)
    for state, kind, text in (
        ("resolved", "solved", _SOLVED),
        ("open", "solved", "可以了，谢谢\nworks now\n已解决，谢谢\nFixed, thanks"),
        ("resolved", "not_solved", _NOT_SOLVED),
        ("resolved", "thanks", _THANKS),
        ("closed", "thanks", _THANKS),
        ("open", "chaser", _CHASER),
        ("open", "withdrawn", _WITHDRAWN),
        ("pending", "withdrawn", _WITHDRAWN),
        ("closed", "rating", _RATINGS_ZH),
        ("closed", "rating", _RATINGS_EN),
        ("open", "question", _QUESTION),
        ("open", "content", _CONTENT),
        ("resolved", "both", _BOTH),
    )
    for answer in _answers(text)
]
"""(state, meaning, answer)"""
