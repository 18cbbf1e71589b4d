"""Which of Apprise's services messages may go to.

Known here without Apprise, so that a form can tell at once. A test holds the list against Apprise's own catalogue: a
newer one with another service fails it until somebody has decided about that.
"""

from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, urlsplit

# All that tell by HTTPS or HTTP through Apprise's own client, which is guarded when it connects. Left out are those
# that reach into this machine (syslog, D-Bus, the desktops, USB), that read files of this machine, that speak other
# protocols (e-mail, IRC, MQTT, AMQP, ...) and those for which we have a channel of our own (e-mail, web push,
# webhooks).
_SCHEMES: Final = """
    46elks atalk azure bark barks betterstack bluesky brevo bsky bulksms bulkvs burstsms chanify clickatell
    clicksend cliq cm d7sms dapnet dingtalk discord dot eight00com elks emby embys enigma2 enigma2s evolution
    evolutions exotel feishu firehydrant flock flowtriq flowtriqs fluxer fluxers freemobile gchat github goalert
    goalerts gorush gorushs gotify gotifys groundmail groupme guilded gupshup hassio hassios httpsms humhub
    humhubs ifttt ilert incidentio infobip jellyfin jellyfins jira join kakao kakaotalk kaleyra kavenegar klr
    kodi kodis kook kudosity kumulos lametric lametrics lark lauther lfg line mailersend mailgun mastodon
    mastodons matrix matrixs misskey misskeys mmost mmosts mobilemessage mobilemsg msg91 msgbird ncloud nclouds
    nctalk nctalks nexmo notica noticas notifiarr notifico notificos notifyre ntfy ntfys o365 octopush onebot
    onebots onesignal opsgenie pagerduty pagertree parsep parseps pbul pinglet pinglets pingram pjet pjets plivo
    postmark pover prowl psafer psafers push pushdeer pushdeers pushed pushme pushplus pushward pushy qq reddit
    resend revolt ringc rocket rockets ryver schan sendgrid sendpulse serwersms ses seven sfr signal signalgrid
    signals signl4 simplepush sinch slack smsc smseagle smseagles smsmanager smsmgr smstunnel smtp2go sns
    sparkpost spike splunk spugpush spush squadcast stackfield strmlabs synology synologys telesign telnyx tgram
    threema toot toots trigv trigvs tweet twilio twist twitter viber victorops voipms vonage webex wechat wecom
    wecombot whapi whatsapp wpush wxpusher wxteams x xbmc xbmcs xmatters youlmk zalo zcliq zohocliq zoom zulip
"""
APPRISE_SCHEMES: Final = frozenset(_SCHEMES.split())
# What makes Apprise read a file, or ask another address for one.
_REFUSED_OPTIONS: Final = frozenset({"template", "attach", "attachment", "keyfile", "file", "avatar_file"})


class AppriseProblem(StrEnum):
    """Why an address of Apprise's cannot be used."""

    NOT_AN_ADDRESS = "not_an_address"
    UNKNOWN_SERVICE = "unknown_service"
    REFUSED_OPTION = "refused_option"


def apprise_problem(url: str) -> AppriseProblem | None:
    """What keeps this address from being used; None if nothing does. It may still be wrong in its parts."""
    scheme, separator, rest = url.partition("://")
    if not separator or not rest:
        return AppriseProblem.NOT_AN_ADDRESS
    if scheme.lower() not in APPRISE_SCHEMES:
        return AppriseProblem.UNKNOWN_SERVICE
    try:
        options = parse_qsl(urlsplit(f"x://{rest}").query, keep_blank_values=True)
    except ValueError:
        return AppriseProblem.NOT_AN_ADDRESS
    refused = any(name.lower().strip("+-:") in _REFUSED_OPTIONS for name, _ in options)
    return AppriseProblem.REFUSED_OPTION if refused else None
