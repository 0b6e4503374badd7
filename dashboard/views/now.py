"""Is anything burning, how many may have seen it, what changed since yesterday evening."""

from __future__ import annotations

import streamlit as st

from alerts import blindness, evidence
from dashboard import cards, charts, insight, links, reads, receiver_cards, session, story_cards, theme, verdicts
from dashboard.pen import Pen
from listener.service import Ground, NowView

ENOUGH = 0.9  # share of sources seen below which quiet may be blindness
TOLD = 5  # stories; the rest are on their own page
SHOWN = 5  # open alerts on this page, and ended ones that nobody looked at; the rest are on their own


@st.fragment(run_every=reads.refresh())
@session.guarded
def page() -> None:
    pen, brand = session.pen(), session.brand()
    view = reads.now(brand)
    session.block(cards.page_title(pen.say("page.now"), pen.say("as_of", when=pen.full(view.at), brand=brand or pen.say("all_brands"))))
    session.tell()
    if (off := reads.clock_off()) is not None:
        session.block(cards.clock(pen, off))
    if view.ground is not Ground.HEARD:
        _unheard(pen, view)
        return
    _status(pen, view)
    _unlooked(pen, view)
    session.block(cards.tiles(*_tiles(pen, view)))
    st.subheader(pen.say("chart.title"))
    if any(point.mentions for point in view.hours):
        st.altair_chart(charts.reach_chart(view.hours, pen, theme.chart_colours(), alerts=view.open_alerts + view.changes.resolved,
                                           campaigns=insight.campaigns(brand)), theme="streamlit")
        session.block(cards.legend(pen) + cards.help_text(pen, "how.chart"))
        with st.expander(pen.say("chart.volume_title")):
            st.altair_chart(charts.volume_chart(view.hours, pen, theme.chart_colours()), theme="streamlit")
            session.block(cards.help_text(pen, "how.volume"))
    else:
        session.block(cards.empty(pen, pen.say("no_mentions.title"), pen.say("no_mentions.words")))
    st.subheader(pen.say("changes.title", when=pen.when(view.changes.since)))
    session.block(f'<div class="g-card">{cards.changes(pen, view.changes)}</div>')
    _stories(pen, brand, view)
    if view.changes.complaints:
        st.subheader(pen.say("complaints.title"))
        session.block("".join(cards.mention(pen, one, role=cards.role_word(pen, role))
                              for role, one in evidence.cast(view.changes.complaints)) + cards.help_text(pen, "how.complaints"))


def _unheard(pen: Pen, view: NowView) -> None:
    """Say that nothing has been heard yet, why that is no calm, and what to do."""
    if view.ground is Ground.NEW:
        session.block(cards.empty(pen, pen.say("first.title"), pen.say("first.words")))
    else:
        session.block(cards.empty(pen, pen.say(f"ground.{view.ground.value}.title"), pen.say(f"ground.{view.ground.value}.words", seen=pen.percent(view.seen))))
    if view.started:
        st.page_link("views/sources.py", label=pen.say("to_sources"), icon=":material/sensors:", query_params=_link(None))
        _status(pen, view)


def _status(pen: Pen, view: NowView) -> None:
    for alert in view.open_alerts[:SHOWN]:
        with st.container(gap=None, key=f"pair_{alert.fingerprint}"):
            session.block(cards.alert_card(pen, alert))
            st.page_link("views/open_alerts.py", label=pen.say("open_alert"), query_params=_link(alert.fingerprint),
                         icon=":material/arrow_forward:" if pen.language == "en" else ":material/arrow_back:")
    if len(view.open_alerts) > SHOWN:
        st.page_link("views/open_alerts.py", label=pen.say("more_alerts", n=len(view.open_alerts) - SHOWN), query_params=_link(None))
    if not view.open_alerts and view.ground is Ground.HEARD:
        since = pen.when(view.quiet_since) if view.quiet_since else None
        if view.seen >= ENOUGH:
            title = pen.say("quiet_since", since=since) if since else pen.say("quiet")
            session.block(cards.banner(title, pen.say("quiet_seen", seen=pen.percent(view.seen)), "g-quiet"))
        else:
            session.block(cards.banner(pen.say("blind", seen=pen.percent(view.seen)), pen.say("blind_do"), "g-doubt"))
    if lost := receiver_cards.warning(pen, reads.receivers()):
        with st.container(gap=None, key="pair_receivers"):
            session.block(lost)
            st.page_link("views/sources.py", label=pen.say("receivers.see"), icon=":material/notifications_off:", query_params=_link(None))
    for one in view.blind:
        what = blindness.tell(one, language=pen.language, timezone=pen.zone, at=view.at)
        session.block(cards.banner(what, pen.say("learning_do" if one.blind.why == "cold" else "blind_rule_do"), "g-doubt"))
    told = {alert.subject for alert in view.open_alerts}
    unseen = [source for source in view.unseen if source.name not in told]
    if unseen:
        names = pen.say("comma").join(f"\u2068{v.name}\u2069 ({pen.say(f'health.{v.health.value}')})" for v in unseen[:6])
        with st.container(gap=None, key="pair_unseen"):
            session.block(cards.banner(pen.say("unseen", n=len(unseen)), names, "g-doubt"))
            st.page_link("views/sources.py", label=pen.say("to_sources"), icon=":material/sensors:", query_params=_link(None))


def _unlooked(pen: Pen, view: NowView) -> None:
    """List severe alerts that ended by themselves before anybody took or judged them; a verdict takes one off."""
    if not view.unlooked:
        return
    st.subheader(pen.say("unlooked.title"))
    session.block(cards.help_text(pen, "how.unlooked"))
    for alert in view.unlooked[:SHOWN]:
        with st.container(gap=None, key=f"pair_ended_{alert.fingerprint}"):
            session.block(cards.alert_card(pen, alert))
            with st.container(horizontal=True, vertical_alignment="center"):
                st.page_link("views/open_alerts.py", label=pen.say("open_alert"), query_params=_link(alert.fingerprint), icon=links.onward(pen))
                verdicts.buttons(pen, alert, key=f"verdict_{alert.fingerprint}")
    if len(view.unlooked) > SHOWN:
        st.page_link("views/open_alerts.py", label=pen.say("more_alerts", n=len(view.unlooked) - SHOWN), query_params=_link(None))


def _stories(pen: Pen, brand: str | None, view: NowView) -> None:
    """List what went round since yesterday evening, most independent authors first, each with its growth."""
    found = insight.story_lines(brand, view.changes.since, TOLD)
    if not found:
        return
    for storm in insight.storms(brand, view.changes.since):
        with st.container(gap=None, key=f"pair_storm_{storm.line.alert.fingerprint}"):
            session.block(story_cards.storm(pen, storm.line))
            st.page_link("views/story.py", label=pen.say("storm.open"), query_params=links.query(storm=storm.line.alert.fingerprint), icon=links.onward(pen))
    st.subheader(pen.say("stories.overnight"))
    for place, one in enumerate(found, 1):
        with st.container(gap=None, key=f"pair_story_{place}"):
            session.block(story_cards.line(pen, one, place))
            st.page_link("views/story.py", label=pen.say("stories.open"), query_params=links.query(story=one.count.id), icon=links.onward(pen))
    st.page_link("views/story.py", label=pen.say("stories.more"), query_params=links.query(), icon=":material/timeline:")


def _link(fingerprint: str | None) -> dict[str, str]:
    kept = {name: st.query_params[name] for name in session.KEPT if name in st.query_params}
    return {**kept, "alert": fingerprint} if fingerprint else kept


def _tiles(pen: Pen, view: NowView) -> list[str]:
    share = (pen.say("tile.share", share=pen.percent(view.negative.now / view.scored)) if view.scored >= 20
             else pen.say("tile.of", n=view.scored))
    doubt = pen.percent(view.unsure / view.scored) if view.scored >= 20 else pen.number(view.unsure)
    waiting = pen.say("tile.waiting", n=view.waiting) if view.waiting else pen.say("tile.none_waiting")
    return [
        cards.reach_tile(pen, view.reach, view.usual_reach),
        cards.tile(pen, pen.say("tile.negative"), pen.number(view.negative.now), extra=share, against=cards.compared(pen, view.negative),
                   how="how.negative"),
        cards.tile(pen, pen.say("tile.mentions"), pen.number(view.mentions.now), against=cards.compared(pen, view.mentions), how="how.mentions"),
        cards.tile(pen, pen.say("tile.unsure"), doubt, extra=pen.say("tile.unsure_of", n=view.unsure, of=view.scored), against=waiting,
                   how="how.unsure"),
    ]


page()
