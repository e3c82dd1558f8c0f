"""Pull points that tell of motion (ONVIF Core specification, 9; WS-BaseNotification 1.3)."""

from __future__ import annotations

from simulators.onvif.access import Access
from simulators.onvif.duration import ns_of, seconds_of
from simulators.onvif.motion import PERIOD_NS, changes, moving
from simulators.onvif.service import SECOND_NS, Call, Later, Service, number, wrong
from simulators.onvif.soap import Fault, Xml, instant, many, tag
from simulators.onvif.state import Subscription, new_token

TOPIC = "tns1:VideoSource/MotionAlarm"
MOST_SUBSCRIPTIONS = 10
LONGEST_PULL_S, LONGEST_LIFE_S, USUAL_LIFE_S = 60.0, 86_400.0, 60.0
_PATH = "/onvif/subscription/"
_DIALECT = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
_ITEM_FILTER = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"


def notification(call: Call, channel: int, at_ns: int, operation: str, *, alarm: bool) -> Xml:
    """Something moves before a channel, or does no longer; `at_ns` is told as the device's clock showed it."""
    seen_ns = at_ns + call.host.clock_ns() - call.now_ns
    source = tag("tt:Source", tag("tt:SimpleItem", Name="Source", Value=f"source-{channel}"))
    data = tag("tt:Data", tag("tt:SimpleItem", Name="State", Value=alarm))
    message = tag("tt:Message", source, data, UtcTime=instant(seen_ns), PropertyOperation=operation)
    topic = tag("wsnt:Topic", TOPIC, Dialect=_DIALECT)
    return tag("wsnt:NotificationMessage", topic, tag("wsnt:Message", message))


def _times(call: Call, subscription: Subscription, prefix: str) -> tuple[Xml, Xml]:
    """Now, and when the subscription ends, by the device's clock."""
    clock_ns = call.host.clock_ns()
    ends_ns = clock_ns + subscription.until_ns - call.now_ns
    return tag(f"{prefix}:CurrentTime", instant(clock_ns)), tag(f"{prefix}:TerminationTime", instant(ends_ns))


def _life_ns(call: Call, text: str) -> int:
    """Until when a client wants a subscription to live: a time by the device's clock, or how long."""
    if not text:
        seconds = USUAL_LIFE_S
    elif text.startswith("P"):
        seconds = seconds_of(text)
    else:
        seconds = (ns_of(text) - call.host.clock_ns()) / SECOND_NS
    if not 0 < seconds <= LONGEST_LIFE_S:
        raise wrong("UnacceptableInitialTerminationTimeFault", "a subscription lives up to a day")
    return call.now_ns + int(seconds * SECOND_NS)


def _living(call: Call) -> dict[str, Subscription]:
    """The subscriptions that are not over."""
    kept = {token: one for token, one in call.host.state.subscriptions.items() if one.until_ns > call.now_ns}
    call.host.state.subscriptions = kept
    return kept


def _create(call: Call) -> Xml:
    living = _living(call)
    if len(living) >= MOST_SUBSCRIPTIONS:
        reason = f"there are {MOST_SUBSCRIPTIONS} pull points at most"
        raise Fault("Receiver", "Action", "MaxPullPoints", reason=reason)
    topics = call.text("Filter/TopicExpression")
    wanted = not topics or any(_matches(topic.strip()) for topic in topics.split("|"))
    until_ns = _life_ns(call, call.text("InitialTerminationTime"))
    token = new_token()
    living[token] = Subscription(until_ns, call.now_ns, wanted)
    reference = tag("tev:SubscriptionReference", tag("wsa:Address", call.address(_PATH + token)))
    return many((reference, *_times(call, living[token], "wsnt")))


def _matches(topic: str) -> bool:
    """Concrete topic expressions, and `//.` for all below (Core specification, 9.6.3)."""
    path = "/".join(part.rpartition(":")[2] for part in topic.removesuffix("//.").split("/"))
    own = "VideoSource/MotionAlarm"
    return path == own or (topic.endswith("//.") and own.startswith(path + "/"))


def _subscription(call: Call) -> tuple[str, Subscription]:
    token = call.target.rpartition("/")[2]
    found = _living(call).get(token)
    if found is None:
        raise wrong("ResourceUnknownFault", "there is no such subscription")
    return token, found


def _pull(call: Call) -> Xml | Later:
    _, subscription = _subscription(call)
    limit = int(number(call.text("MessageLimit"), 1))
    if not 0 < limit <= 1000:
        raise wrong("InvalidArgs", "a message limit goes from 1 to 1000")
    seconds = min(seconds_of(call.text("Timeout") or "PT0S"), LONGEST_PULL_S)
    deadline_ns = min(call.now_ns + int(seconds * SECOND_NS), subscription.until_ns)
    return _ready(call, subscription, limit, deadline_ns)


def _ready(call: Call, subscription: Subscription, limit: int, deadline_ns: int) -> Xml | Later:
    """The messages there are; without one, when to look again: the timeline is known."""
    messages = _messages(call, subscription, limit) if subscription.wanted else []
    if messages or call.now_ns >= deadline_ns:
        return many((*_times(call, subscription, "tev"), *messages))
    due_ns = min(_next_change(call, deadline_ns), deadline_ns) if subscription.wanted else deadline_ns
    return Later(due_ns, lambda: _ready(call, subscription, limit, deadline_ns))


def _messages(call: Call, subscription: Subscription, limit: int) -> list[Xml]:
    channels, seed = call.host.channels(), call.estate.seed
    if subscription.fresh:
        subscription.fresh = False
        at_ns = subscription.through_ns
        return [
            notification(call, channel.number, at_ns, "Initialized", alarm=moving(channel.camera, seed, at_ns))
            for channel in channels
        ]
    after_ns = max(subscription.through_ns, call.now_ns - 10 * PERIOD_NS)  # nobody keeps more for a client that sleeps
    found = sorted(
        (change.at_ns, channel.number, change.moving)
        for channel in channels
        for change in changes(channel.camera, seed, after_ns, call.now_ns)
    )
    told = found[:limit]
    while len(told) < len(found) and found[len(told)][0] == told[-1][0]:  # what happens at once is told at once
        told.append(found[len(told)])
    subscription.through_ns = told[-1][0] if len(told) < len(found) else call.now_ns
    return [notification(call, number, at_ns, "Changed", alarm=state) for at_ns, number, state in told]


def _next_change(call: Call, deadline_ns: int) -> int:
    firsts = (
        next(changes(channel.camera, call.estate.seed, call.now_ns, deadline_ns), None)
        for channel in call.host.channels()
    )
    return min((change.at_ns for change in firsts if change is not None), default=deadline_ns)


def _synchronize(call: Call) -> Xml:
    _, subscription = _subscription(call)
    subscription.fresh, subscription.through_ns = True, call.now_ns
    return Xml("")


def _renew(call: Call) -> Xml:
    _, subscription = _subscription(call)
    subscription.until_ns = _life_ns(call, call.text("TerminationTime"))
    current, ends = _times(call, subscription, "wsnt")
    return many((ends, current))


def _unsubscribe(call: Call) -> Xml:
    token, _ = _subscription(call)
    del call.host.state.subscriptions[token]
    return Xml("")


def _get_event_properties(_call: Call) -> Xml:
    items = tag(
        "tt:MessageDescription",
        tag("tt:Source", tag("tt:SimpleItemDescription", Name="Source", Type="tt:ReferenceToken")),
        tag("tt:Data", tag("tt:SimpleItemDescription", Name="State", Type="xs:boolean")),
        IsProperty=True,
    )
    alarm = tag("MotionAlarm", items, **{"wstop:topic": "true"})
    return many(
        (
            tag("tev:TopicNamespaceLocation", "http://www.onvif.org/onvif/ver10/topics/topicns.xml"),
            tag("wsnt:FixedTopicSet", True),
            tag("wstop:TopicSet", tag("tns1:VideoSource", alarm)),
            tag("wsnt:TopicExpressionDialect", _DIALECT),
            tag("wsnt:TopicExpressionDialect", "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"),
            tag("tev:MessageContentFilterDialect", _ITEM_FILTER),
            tag("tev:MessageContentSchemaLocation", "http://www.onvif.org/onvif/ver10/schema/onvif.xsd"),
        )
    )


def _capabilities(_call: Call) -> Xml:
    return tag(
        "tev:Capabilities",
        WSSubscriptionPolicySupport=False,
        WSPullPointSupport=True,
        WSPausableSubscriptionManagerInterfaceSupport=False,
        MaxPullPoints=MOST_SUBSCRIPTIONS,
        PersistentNotificationStorage=False,
    )


SERVICE = Service(
    "events",
    "tev",
    "/onvif/event_service",
    (2, 60),
    _capabilities,
    {
        "CreatePullPointSubscription": (Access.READ_MEDIA, _create),
        "PullMessages": (Access.READ_MEDIA, _pull),
        "SetSynchronizationPoint": (Access.READ_MEDIA, _synchronize),
        "GetEventProperties": (Access.READ_MEDIA, _get_event_properties),
    },
)
"""As it is dispatched."""

MANAGER = Service(
    "subscription",
    "wsnt",
    "",
    (2, 60),
    _capabilities,
    {"Renew": (Access.READ_MEDIA, _renew), "Unsubscribe": (Access.READ_MEDIA, _unsubscribe)},
)
"""The subscription manager: no service of its own in GetServices."""
