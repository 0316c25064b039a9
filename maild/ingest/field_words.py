"""The word tables of reading fields from free text: surnames, units of a company, devices, makers, programs."""

import re
from collections.abc import Iterable

# The commonest family names; with one of these a run of two or three Han characters may be a person.
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁"
    "岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农"
    "米卞卫臧谈茅闵席娄危刁虞缪宗郁杭洪诸吉嵇荣荀惠甄芮储糜巫巴牧仲伊仇栾厉戎祖束幸宿怀卓蔺屠池胥闻党劳姬扶冉宰桑濮寿燕冀浦晏瞿阎茹衡匡寇"
    "敖冷阚沙鞠丰荆竺"
    "劉陳楊黃趙吳孫馬許馮鄧蕭葉呂蘇盧鄭羅謝韓譚陸蔣魏賴簡游連紀邱范涂"
)
# Words of two or three characters that begin like a name and are none.
NO_NAMES = frozenset(
    {
        "高速", "高级", "高清", "高温", "方便", "方法", "方式", "方案", "安装", "安全", "安排", "安静", "文件", "文档",
        "文字", "时间", "时候", "时常", "成功", "成都", "单位", "单点", "管理", "管控", "关闭", "关于", "关机", "白屏",
        "白天", "金额", "金蝶", "石油", "马上", "于是", "何时", "任何", "任务", "余额", "单据", "易用", "严重", "严格",
        "向导", "万一", "解决", "解锁", "包括", "路由", "路径", "路由器", "温度", "温馨", "江苏", "江西", "江南",
        "常州", "广州", "苏州", "杭州", "沈阳", "华南", "华东", "华北", "华中", "游戏", "连接", "连线", "盛大", "程序",
        "应用", "时区", "梅雨", "康复", "房间", "房号", "明天", "明白", "尚未", "尚可", "宁波", "武汉", "兰州",
        "石家庄", "农业", "成品", "成本", "成员", "施工", "纪要", "纪录", "管道", "单机", "黑屏", "曲线", "谷歌",
        "章节", "童装", "申请", "申告", "左右", "左键", "安卓", "方面", "文本", "文员", "柳州", "温州", "徐州", "郑州",
        "郑重", "史上", "龙岩", "顾客", "顾问", "许可", "许多", "周一", "周二", "周三", "周四", "周五", "周六", "周日",
        "周末", "周报", "蓝屏", "蓝牙", "蓝色", "黄色", "白色", "石化", "牛皮", "季度", "田径", "毛病", "胡乱", "连续",
        "简单", "简历", "简体", "陆续", "查收", "祝好", "祝您", "祝工", "谢谢", "谢了", "多谢", "华为", "金山", "高管",
        "向您", "路上", "于今", "安好", "浦东", "吉林", "党办", "党委", "劳动", "劳务", "劳烦", "冷藏", "冷却", "冷库",
        "沙盘", "沙发", "怀疑", "储存", "储值", "巴西", "洪水", "荣誉", "荣耀", "惠普", "池州", "燕郊", "丰台",
        "诸多", "祖国", "宿舍", "束手", "桑拿", "匡算", "伊朗", "仇恨", "危险", "危害", "席位", "宗旨", "闻到", "幸好",
    }
)  # fmt: skip

# What the units of a company end with.
UNIT_ENDINGS = (
    "部",
    "处",
    "科",
    "室",
    "中心",
    "组",
    "课",
    "办",
    "厂",
    "车间",
    "大区",
    "事业部",
    "研究院",
    "分公司",
    "班",
    "团队",
    "队",
    "處",
    "辦",
)
NO_UNITS = frozenset(
    {
        "全部", "内部", "外部", "局部", "顶部", "底部", "头部", "尾部", "上部", "下部", "部", "分组", "小组", "一组",
        "群组", "教室", "好处", "用处", "到处", "处", "各处", "何处", "此处", "长处", "坏处", "出处", "会议室",
        "办公室", "本科", "百科", "机组", "主办", "待办", "代办", "经办", "帮助中心", "通知中心", "个人中心",
        "服务中心", "上班", "下班", "加班", "值班", "工厂", "公办", "怎么办", "数组", "机室", "每组", "排队", "部队",
        "四班", "请假办", "北部", "南部", "东部", "西部", "中部", "大部", "腰部", "面部", "会议", "协办", "整个部",
        "运维值班", "浴室", "卧室", "温室", "室", "科", "组", "班", "队", "课", "厂", "办", "总部",
    }
)  # fmt: skip

UNITS_EN = (
    "human resources", "hr", "accounts payable", "accounts receivable", "accounting", "finance", "controlling",
    "treasury",
    "sales", "inside sales", "marketing", "legal", "purchasing", "procurement", "logistics", "shipping",
    "receiving",
    "warehouse", "operations", "production", "manufacturing", "engineering", "research and development", "r&d",
    "quality assurance", "quality control", "quality", "qa", "customer service", "customer support",
    "customer care",
    "supply chain", "supply planning", "maintenance", "facilities", "administration", "payroll", "audit",
    "internal audit",
    "compliance", "communications", "public relations", "business development", "product management", "design",
    "it",
    "information technology", "front desk", "reception", "security", "planning", "training", "export", "import",
    "dispatch",
    "claims", "underwriting", "lab", "laboratory", "billing", "credit control", "tax", "investor relations",
    "corporate affairs", "field service", "after sales", "customer success", "product development", "analytics",
    "data science", "strategy", "talent acquisition", "recruiting", "project management", "regulatory affairs",
    "clinical affairs", "risk management", "e-commerce", "merchandising", "sourcing", "packaging", "assembly",
    "machine shop", "paint shop", "tool shop", "store operations", "it operations", "corporate communications",
    "event management", "real estate", "fleet management", "pharmacy", "radiology", "admissions", "library",
    "research", "development", "retail", "risk", "trading",
)  # fmt: skip

# Device words, the telling ones first: the first that occurs in a text names the device.
DEVICES_EN = (
    "docking station", "label printer", "barcode scanner", "handheld scanner", "zebra printer", "laser printer",
    "color printer", "colour printer",
    "network printer", "office printer", "conference phone", "office phone", "desk phone", "soft phone",
    "phone set",
    "2nd monitor", "second monitor", "external monitor", "projector", "printer", "scanner", "copier", "plotter",
    "monitors", "monitor", "keyboard", "mouse", "headset", "webcam", "speakers", "hard drive", "hard disk",
    "charger",
    "power adapter", "adapter", "usb stick", "handhelds", "tablet", "ipad", "iphone",
    "smartphone", "workstation",
    "laptop", "notebook", "desktop computer", "access point", "switch", "router", "firewall", "server", "ups",
    "thin client",
    "computer", "pc", "desktop", "mobile phone", "phone", "battery",
)  # fmt: skip
DEVICES_ZH = (
    "打印机", "扫描仪", "复印机", "投影仪", "投影机", "标签机", "条码枪", "扫码枪", "扩展坞", "显示器",
    "笔记本电脑", "笔记本", "台式机", "平板电脑",
    "平板", "键盘", "鼠标", "耳机", "摄像头", "麦克风", "话机", "座机", "硬盘", "u盘", "路由器", "交换机",
    "服务器", "机柜", "门禁", "考勤机", "传真机",
    "一体机", "主机", "控制电脑", "工控机", "计算机", "电脑", "手机", "電腦", "印表機", "電話機", "电话",
)  # fmt: skip

MAKERS = (
    "dell", "hp", "lenovo", "thinkpad", "latitude", "optiplex", "elitebook", "probook", "laserjet", "officejet",
    "deskjet", "epson",
    "canon", "brother", "zebra", "xerox", "ricoh", "kyocera", "asus", "acer", "macbook", "surface", "samsung",
    "cisco", "netapp",
    "huawei", "matebook", "xps", "precision", "ideapad", "thinkcentre", "thinkstation", "konica", "lexmark",
    "fujitsu", "logitech",
    "jabra", "poly", "polycom", "yealink", "h3c", "netgear", "tp-link", "synology", "qnap", "apc", "proliant",
    "poweredge", "toshiba",
    "惠普", "联想", "戴尔", "富士通", "小米", "华为", "荣耀", "佳能", "爱普生", "兄弟", "理光", "京瓷", "华硕",
    "宏碁", "三星", "苹果", "斑马", "得力",
    "海康", "大华", "锐捷", "震旦", "夏普", "奔图",
)  # fmt: skip

# Programs that everybody knows; a site's own are read from labels, from "X系统" and from "the X application".
PROGRAMS = (
    "internet explorer", "ie浏览器", "microsoft edge", "google chrome", "chrome", "firefox browser", "firefox",
    "safari", "edge",
    "microsoft teams", "ms teams", "teams", "skype for business", "skype", "zoom", "webex", "tencent meeting",
    "outlook web access", "owa",
    "ms outlook", "outlook", "ms excel", "excel", "powerpoint", "ms word", "onenote", "ms office",
    "microsoft office", "office 365", "office",
    "sharepoint", "onedrive", "visio", "power bi", "ms access", "ms project", "quickbooks enterprise",
    "quickbooks", "adobe acrobat",
    "acrobat", "adobe reader", "photoshop", "illustrator", "indesign", "autocad", "solidworks", "catia", "revit",
    "bluebeam", "matlab",
    "minitab", "tableau", "citrix", "vmware", "teamviewer", "anydesk", "putty", "filezilla", "java",
    "flash player", ".net framework",
    "sap", "erp", "crm", "mes", "wms", "plm", "sql server", "oracle", "mysql", "salesforce", "servicenow", "jira",
    "confluence", "slack",
    "gitlab", "dropbox", "winzip", "notepad++", "vpn", "arcgis", "lotus notes", "windows", "win11", "win10",
    "win7", "macos", "ios", "android",
    "钉钉", "企业微信", "微信", "飞书", "腾讯会议", "用友", "金蝶", "泛微", "致远", "搜狗输入法", "wps", "foxmail",
    "qq", "oa", "邮箱", "百度网盘", "网易邮箱",
    "bi", "360安全卫士", "迅雷", "火狐",
)  # fmt: skip
PROGRAM_ENDINGS = ("管理系统", "系统", "软件", "客户端", "平台", "浏览器", "插件", "网站", "小程序", "输入法", "模块")


def any_of(words: Iterable[str]) -> str:
    """A regular expression for any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
