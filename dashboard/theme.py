"""Fonts, colours and the right-to-left sheet.

Why a sheet: Streamlit has no right-to-left layout of its own (issue 552, open since 2019), so ``RTL`` turns it by its
class names. They belong to one version: ``pyproject.toml`` pins ``streamlit==1.67.*`` and the browser test holds the look.

Why ``light-dark()``: Streamlit sets ``color-scheme`` on the page, so one sheet serves both themes and a switch of the
theme in the menu needs no second run of the script.

Colours are those of Okabe and Ito, told apart by all common forms of colour blindness; none stands without a word.
"""

from __future__ import annotations

import streamlit as st

from listener.words import Language, say

CHART = {  # per theme: what Altair draws with
    "light": {"negative": "#C2410C", "neutral": "#94A3B8", "positive": "#0369A1", "unsure": "#B7791F", "usual": "#475569",
              "band": "#C2410C", "gap": "#E2E8F0", "hatch": "#94A3B8", "ink": "#1E293B", "grid": "#E2E8F0", "mark": "#7C2D6B", "paper": "#FFFFFF"},
    "dark": {"negative": "#FB923C", "neutral": "#94A3B8", "positive": "#7DD3FC", "unsure": "#FACC15", "usual": "#CBD5E1",
             "band": "#FB923C", "gap": "#28323F", "hatch": "#64748B", "ink": "#E2E8F0", "grid": "#28323F", "mark": "#F0ABFC", "paper": "#161E27"},
}

_SHEET = """
@font-face { font-family: "Vazirmatn"; src: url("app/static/Vazirmatn.woff2") format("woff2"); font-weight: 100 900; font-display: swap; }
.stApp {
  --ink: light-dark(#1B2533, #E6EBF1); --soft: light-dark(#52606F, #A7B4C2); --line: light-dark(#D5DDE5, #334150);
  --paper: light-dark(#FFFFFF, #161E27); --sunk: light-dark(#EFF3F6, #1E2833);
  --negative: light-dark(#B23A0A, #FB9A5B); --neutral: light-dark(#5B6B7D, #A7B4C2); --positive: light-dark(#03629A, #7DCBF5);
  --unsure: light-dark(#8A5A00, #F2C94C); --good: light-dark(#0B6B5D, #4FD6C2);
  --p1: light-dark(#A3123A, #FF8FA8); --p2: light-dark(#B23A0A, #FB9A5B); --p3: light-dark(#5B6B7D, #A7B4C2);
  --hatch: repeating-linear-gradient(135deg, light-dark(#C9D3DD, #3B4856) 0 2px, transparent 2px 6px);
}
.stApp, .stApp button, .stApp input, .stApp textarea, .stApp select { font-family: "Vazirmatn", Tahoma, sans-serif; }
.stApp .stMainBlockContainer { padding: 3.2rem clamp(1rem, 4vw, 5rem) 4rem; max-width: 1180px; }
.stApp [data-testid="stHeader"] { background: transparent; }
.stApp h1 { font-size: 1.75rem; font-weight: 800; padding: 0 0 .15rem; letter-spacing: 0; }
.stApp h2 { font-size: 1.2rem; font-weight: 700; padding: 1rem 0 .3rem; letter-spacing: 0; }
.stApp h3 { font-size: 1.08rem; font-weight: 700; padding: .9rem 0 .5rem; letter-spacing: 0; }
.stApp [data-testid="stHeadingWithActionElements"] a, .stApp [data-testid="stHeaderActionElements"] { display: none; }
.stApp [data-stale="true"] { opacity: 1 !important; transition: none !important; }
.stApp [data-testid="stException"], .stApp [data-testid="stElementToolbar"] { display: none; }
.stApp :focus-visible { outline: 2px solid var(--good); outline-offset: 2px; }
.g-soft { color: var(--soft); } .g-small { font-size: .84rem; line-height: 1.6; }
.stApp [data-testid="stVerticalBlock"][class*="st-key-pair_"] { gap: 0; } .stApp [class*="st-key-pair_"] .g-card { padding-bottom: 2.8rem; } .stApp [class*="st-key-pair_"] > :last-child { margin: -2.6rem 0 .2rem !important; height: 2.4rem; padding-inline: .55rem; position: relative; width: fit-content; display: flex; align-items: center; } .stApp [class*="st-key-pair_"] > :last-child .stButton { padding-inline: .45rem; }
.stApp .st-key-actions { align-items: center; }
.g-page { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .9rem; }
.g-page h1 { margin: 0; } .g-page .g-soft { font-size: .88rem; }
.g-card { border: 1px solid var(--line); border-radius: 12px; background: var(--paper); color: var(--ink); padding: .85rem 1rem; line-height: 1.75; overflow: hidden; }
.g-card + .g-card { margin-top: .6rem; }
.g-card, .g-card * { overflow-wrap: anywhere; word-break: normal; }
.g-row { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .7rem; }
.g-row > * { min-width: 0; }
.g-push { margin-inline-start: auto; }
.g-text { white-space: pre-wrap; margin: .45rem 0 .5rem; font-size: 1rem; unicode-bidi: isolate; text-align: start; max-height: 16em; overflow: auto; }
.g-title { font-weight: 700; margin: .35rem 0 0; unicode-bidi: isolate; text-align: start; }
.g-chip { display: inline-flex; align-items: center; gap: .3rem; border-radius: 99px; padding: 0 .6rem; font-size: .8rem; line-height: 1.65rem; background: var(--sunk); color: var(--ink); }
.g-chip.line { background: none; border: 1px solid var(--line); }
.g-dot { width: .62rem; height: .62rem; flex: none; background: currentColor; border-radius: 50%; display: inline-block; }
.g-dot.square { border-radius: 1px; } .g-dot.diamond { border-radius: 1px; transform: rotate(45deg) scale(.85); } .g-dot.ring { background: none; border: 2px solid currentColor; }
.negative { color: var(--negative); } .neutral { color: var(--neutral); } .positive { color: var(--positive); } .unsure { color: var(--unsure); } .good { color: var(--good); }
.P1 { color: var(--p1); } .P2 { color: var(--p2); } .P3 { color: var(--p3); }
.g-label { font-weight: 700; font-size: .86rem; display: inline-flex; align-items: center; gap: .35rem; }
.g-bar { display: flex; gap: 2px; width: 100%; max-width: 15rem; height: .5rem; border-radius: 3px; overflow: hidden; direction: ltr; }
[dir="rtl"] .g-bar { direction: rtl; }
.g-bar i { display: block; height: 100%; background: currentColor; min-width: 1px; }
.g-alert { border-inline-start: 5px solid currentColor; }
.g-alert > * { color: var(--ink); }
.g-alert .g-head { font-size: 1.06rem; font-weight: 700; unicode-bidi: isolate; }
.g-quiet { border-inline-start: 5px solid var(--good); } .g-doubt { border-inline-start: 5px solid var(--unsure); }
.g-tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); gap: .7rem; }
.g-tile { border: 1px solid var(--line); border-radius: 12px; background: var(--paper); color: var(--ink); padding: .8rem 1rem; display: flex; flex-direction: column; gap: .1rem; min-width: 0; }
.g-tile .g-name { font-size: .86rem; color: var(--soft); font-weight: 500; }
.g-tile .g-value { font-size: 1.5rem; font-weight: 800; line-height: 1.35; overflow-wrap: anywhere; }
.g-tile .g-range { font-size: .9rem; } .g-tile .g-against { font-size: .86rem; color: var(--soft); }
.g-help { font-size: .8rem; color: var(--soft); margin-top: auto; padding-top: .25rem; } .g-help summary { cursor: pointer; width: fit-content; text-decoration: underline dotted; text-underline-offset: 3px; min-height: 1.5rem; }
.g-help p { margin: .25rem 0 0; line-height: 1.7; }
.g-week { display: grid; grid-template-columns: max-content repeat(24, minmax(0, 1fr)); gap: 2px 0; margin: .4rem 0 .2rem; font-size: .72rem; color: var(--soft); align-items: center; line-height: 1.35; max-width: 46rem; }
.g-week .g-day { padding-inline-end: .6rem; white-space: nowrap; } .g-week i { height: .72rem; border-radius: 2px; min-width: 0; margin-inline-end: 1px; }
.g-week .ok, .g-legend.g-week-legend .ok { background: var(--good); } .g-week .partial, .g-legend.g-week-legend .partial { background: linear-gradient(to top, var(--good) 50%, transparent 50%), var(--hatch); }
.g-week .lost, .g-legend.g-week-legend .lost { background: var(--negative); box-shadow: none; height: .3rem; } .g-week .unknown, .g-legend.g-week-legend .unknown { background: var(--hatch); box-shadow: inset 0 0 0 1px var(--line); }
.g-week.g-heat { grid-template-columns: minmax(4rem, 11rem) minmax(0, 1fr); max-width: none; gap: 5px .8rem; font-size: .8rem; } .g-heat .g-day { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; padding: 0; color: var(--ink); }
.g-cells { display: grid; grid-template-columns: repeat(28, minmax(0, 1fr)); align-items: center; } .g-week .g-cells i { height: 1rem; } .g-week .g-cells .lost { height: .42rem; } .g-heat-days em { font-style: normal; } .g-heat-days span { white-space: nowrap; font-size: .72rem; overflow: hidden; }
.stApp .st-key-source_list { border: 1px solid var(--line); border-radius: 12px; background: var(--paper); padding: .2rem .4rem .2rem .9rem; }
[dir="rtl"] .st-key-source_list, .stApp .st-key-source_list:has([dir="rtl"]) { padding: .2rem .9rem .2rem .4rem; }
.stApp [class*="st-key-source_line_"] { border-top: 1px solid var(--line); flex-wrap: nowrap; padding-top: .3rem; }
.stApp [class*="st-key-source_line_"] > :first-child { flex: 1 1 auto; min-width: 0; } .stApp [class*="st-key-source_line_"] > :last-child { flex: none; width: 6rem; }
.stApp [class*="st-key-source_open_"] { padding: .2rem 0 .7rem; }
.g-src { display: grid; grid-template-columns: minmax(0, 2.2fr) minmax(0, 1.3fr) minmax(0, 1.3fr) minmax(0, 1fr) minmax(0, 1fr); gap: .1rem .8rem; align-items: center; color: var(--ink); font-size: .92rem; line-height: 1.5; }
.g-src > * { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .g-k { display: none; }
.g-src > p { grid-column: 1 / -1; margin: 0 0 .2rem; font-size: .82rem; color: var(--soft); white-space: normal; line-height: 1.5; }
.g-src-head { color: var(--soft); font-size: .8rem; padding: .35rem 0 .25rem; padding-inline-end: 7rem; }
.g-list { margin: .2rem 0 0; padding-inline-start: 1.15rem; } .g-list li { margin: .15rem 0; }
.g-topic { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; align-items: flex-start; margin-top: .35rem; } .g-topic .g-list { flex: 1 1 16rem; min-width: 0; }
.g-days { margin: .3rem 0 0; width: 9.5rem; flex: none; color: var(--negative); } .g-days div { display: flex; align-items: flex-end; gap: 3px; height: 3rem; border-bottom: 1px solid var(--line); } .g-days i { flex: 1 1 0; background: currentColor; border-radius: 2px 2px 0 0; min-width: 0; }
.g-days figcaption { display: flex; justify-content: space-between; color: var(--soft); font-size: .72rem; line-height: 1.7; }
.g-phrase { display: flex; align-items: center; gap: .7rem; } .g-phrase .g-bar { flex: 1 1 auto; min-width: 0; max-width: none; height: .7rem; } .g-phrase > .g-small { flex: 0 0 11rem; }
.stApp [class*="st-key-phrases_"] { border: 1px solid var(--line); border-radius: 12px; background: var(--paper); padding: .5rem 1rem; } .stApp [class*="st-key-phrase_"] { flex-wrap: nowrap; }
.stApp [class*="st-key-phrase_"] > :first-child { flex: 0 0 11rem; min-width: 0; } .stApp [class*="st-key-phrase_"] > :last-child { flex: 1 1 auto; min-width: 0; width: auto; }
.stApp [class*="st-key-phrase_"] [data-testid="stPageLink"] a { padding: 0; min-height: 1.9rem; width: fit-content; } .stApp [class*="st-key-phrase_"] [data-testid="stPageLink"] p { text-decoration: underline; text-underline-offset: 3px; }
.g-posts { margin-top: .5rem; } .g-posts summary { cursor: pointer; width: fit-content; font-size: .86rem; color: var(--soft); text-decoration: underline dotted; text-underline-offset: 3px; min-height: 1.5rem; }
.g-posts blockquote { margin: .55rem 0 .1rem; padding-inline-start: .8rem; border-inline-start: 3px solid var(--line); unicode-bidi: isolate; text-align: start; } .g-posts p { margin: 0; padding-inline-start: .95rem; }
.stApp .g-facts { padding: 0; } .g-facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .3rem 0 0; } .g-facts dt { color: var(--soft); font-size: .88rem; } .g-facts dd { margin: 0; min-width: 0; }
.g-pips { display: inline-flex; gap: 3px; } .g-pip { width: .8rem; height: .8rem; border-radius: 2px; box-shadow: inset 0 0 0 1.5px var(--line); } .g-pip.on { background: currentColor; box-shadow: none; }
.g-legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .82rem; color: var(--soft); }
.g-legend b { display: inline-block; width: 1.3rem; height: .7rem; border-radius: 2px; margin-inline-end: .4rem; vertical-align: middle; }
.g-legend .usual { height: 0; border-top: 2px dashed currentColor; border-radius: 0; } .g-legend .reach { background: var(--negative); } .g-legend .range { background: var(--negative); opacity: .28; } .g-legend .lost { background: var(--hatch); box-shadow: inset 0 0 0 1px var(--line); } .g-legend .so-far { width: .7rem; border-radius: 50%; border: 2px solid var(--negative); }
.g-legend .own { background: var(--positive); } .g-legend .copies { background: light-dark(#94A3B8, #94A3B8); } .g-legend .doubt { height: 0; border-top: 3px solid var(--unsure); border-radius: 0; }
.g-rank { display: inline-grid; place-items: center; flex: none; min-width: 1.5rem; height: 1.5rem; padding: 0 .3rem; border-radius: 99px; background: light-dark(#7C2D6B, #F0ABFC); color: light-dark(#FFFFFF, #161E27); font-weight: 700; font-size: .8rem; line-height: 1; }
.g-course { list-style: none; margin: .2rem 0 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: .3rem 1.2rem; font-size: .9rem; } .g-course li { display: flex; gap: .45rem; align-items: baseline; }
.g-scroll { overflow-x: auto; } .g-table { border-collapse: collapse; width: 100%; font-size: .93rem; } .g-table th, .g-table td { text-align: start; padding: .45rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; font-weight: 400; overflow-wrap: normal; min-width: 6.5rem; }
.g-table thead th { color: var(--soft); font-size: .84rem; } .g-table tbody th { font-weight: 700; } .g-table tr:last-child > * { border-bottom: 0; } .g-table .g-small { font-weight: 400; }
.stApp [data-testid="stFullScreenFrame"]:has([data-testid="stVegaLiteChart"]) [data-testid="stElementToolbar"] { display: flex; opacity: .75; top: -2.1rem; }
.stApp [data-testid="stElementToolbarButton"]:has([aria-label="Copy Vega-Lite spec"], [aria-label="Show data"], [aria-label="View data"]) { display: none; }
.stApp [data-testid="stElementToolbar"] { z-index: 5; } .stApp [data-testid="stBaseButton-elementToolbar"], .stApp [data-testid="stBaseButton-elementToolbar"] svg { color: var(--ink) !important; fill: currentColor; }
.g-brief { display: flex; gap: .8rem; align-items: baseline; font-size: 1.12rem; line-height: 1.9; } .g-brief p { margin: 0; }
.stApp .st-key-copy_fa pre, .stApp .st-key-copy_fa code { direction: rtl !important; text-align: right; font-family: "Vazirmatn", Tahoma, sans-serif !important; line-height: 1.9; }
.stApp .st-key-copy_en pre, .stApp .st-key-copy_en code { font-family: "Vazirmatn", Tahoma, sans-serif !important; line-height: 1.7; }
.stApp [class*="st-key-copy_"] [data-testid="stElementToolbarButton"], .stApp [class*="st-key-copy_"] [data-testid="stElementToolbarButton"] * { visibility: visible !important; opacity: 1 !important; } .stApp [class*="st-key-copy_"] [data-testid="stElementToolbar"] { display: block; visibility: visible; opacity: 1; }
.st-key-copy_text code { unicode-bidi: plaintext; text-align: start; font-family: inherit; }
.g-quote { font-size: 1.08rem; border-inline-start: 5px solid var(--line); } .g-said { unicode-bidi: isolate; text-align: start; min-width: 0; }
.g-empty { text-align: center; padding: 2.2rem 1rem; } .g-empty h3 { padding: 0; margin: 0 0 .4rem; } .g-empty p { margin: 0 auto; max-width: 38rem; }
.g-mono { font-family: ui-monospace, monospace; font-size: .85em; direction: ltr; unicode-bidi: isolate; }
.stApp a.g-link { color: light-dark(#0F5F8C, #7CC4F0); text-decoration: underline; text-underline-offset: 3px; }
.stApp [data-testid="stSidebarNav"] ul { font-size: 1rem; } .stApp [data-testid="stSidebarNavLink"] { padding-block: 0; margin-block: 0; min-height: 1.75rem; height: 1.75rem; } .stApp [data-testid="stNavSectionHeader"] { padding-block: 0; margin-block: .35rem 0; font-size: .8rem; color: var(--soft); } .stApp [data-testid="stSidebarNav"] li { margin-block: 1px; } .stApp [data-testid="stSidebar"] h2 { padding-top: 0; }
.stApp [data-testid="stSidebarHeader"]::after { content: var(--name); font-weight: 800; font-size: 1.15rem; order: 1; margin-inline-end: auto; margin-inline-start: .55rem; }
.stApp [data-testid="stSidebarHeader"] > :last-child { order: 2; } .stApp [data-testid="stSidebarHeader"] { align-items: center; }
.stApp [data-testid="stVerticalBlock"] { gap: .75rem; }
.g-methods details { border-bottom: 1px solid var(--line); padding: .45rem 0; } .g-methods details:last-child { border-bottom: 0; } .g-columns { columns: 2 20rem; column-gap: .7rem; } .g-columns .g-card { break-inside: avoid; margin: 0 0 .7rem; } .stApp .g-methods h3 { padding: .1rem 0 .2rem; font-size: 1rem; } .g-methods summary { cursor: pointer; font-weight: 600; min-height: 1.5rem; } .g-methods p { margin: .3rem 0 .2rem; color: var(--soft); }
.g-card + .g-tiles { margin-top: .75rem; }
.g-plain { list-style: none; padding-inline-start: 0; }
.g-keys { column-gap: 1.4rem; } .g-keys dt { direction: ltr; text-align: start; } .g-keys .g-keys { margin: 0; }
.stApp .st-key-model_card, .stApp .st-key-model_card * { direction: ltr; text-align: left !important; } .stApp .st-key-model_card h1 { font-size: 1.2rem; } .stApp .st-key-model_card [data-testid="stMarkdownContainer"] { overflow-x: auto; }
.g-weekdays, [class*="st-key-days_"] { display: grid !important; grid-template-columns: repeat(7, minmax(0, 1fr)); gap: 2px !important; text-align: center; min-width: 17.5rem; }
.g-weekdays { font-size: .8rem; color: light-dark(#52606F, #A7B4C2); } .g-weekdays abbr { text-decoration: none; }
[class*="st-key-days_"] > div { width: auto !important; min-width: 0; } [class*="st-key-days_"] button { padding: .15rem 0; min-height: 2rem; width: 100%; } [class*="st-key-days_"] button p { white-space: nowrap; } [class*="st-key-days_"] button p span { font-size: .74em; }
[class*="st-key-days_1_"] > :first-child { grid-column-start: 2; } [class*="st-key-days_2_"] > :first-child { grid-column-start: 3; } [class*="st-key-days_3_"] > :first-child { grid-column-start: 4; }
[class*="st-key-days_4_"] > :first-child { grid-column-start: 5; } [class*="st-key-days_5_"] > :first-child { grid-column-start: 6; } [class*="st-key-days_6_"] > :first-child { grid-column-start: 7; }
[class*="st-key-turn_"] { flex-wrap: nowrap !important; } [class*="st-key-turn_"] button { padding-inline: .55rem; }
.stApp [data-testid="stButtonGroup"] button { border-color: var(--line) !important; } .stApp [data-testid="stButtonGroup"] button[aria-checked="true"] { border-color: var(--good) !important; color: var(--good); }
.stApp [role="tab"][aria-selected="true"], .stApp [role="tab"][aria-selected="true"] p { color: var(--good); } .stApp [role="tab"] .react-aria-SelectionIndicator { background: var(--good); }
.stApp [data-testid="stSelectbox"] input { text-overflow: ellipsis; }
@media (max-width: 640px) {
  .stApp [data-testid="stSelectbox"] input { font-size: .86rem; padding-inline: .5rem; }
  .g-push.g-below { flex: 1 0 100%; margin-inline-start: 0; }
  .g-heat-days em { display: none; } .g-week.g-heat { grid-template-columns: minmax(3rem, 6rem) minmax(0, 1fr); }
  .stApp .st-key-filters [data-testid="stHorizontalBlock"] { display: grid; grid-template-columns: 1fr 1fr; } .stApp .st-key-filters [data-testid="stColumn"] { width: auto; min-width: 0; }
  .stApp .stMainBlockContainer { padding-inline: .9rem; padding-top: 3rem; } .g-tile .g-value { font-size: 1.22rem; } .g-card { padding: .75rem .8rem; } .g-facts { grid-template-columns: 1fr; } .g-facts dd { margin-bottom: .35rem; }
  .g-src { grid-template-columns: auto auto auto; gap: 0 .8rem; justify-content: space-between; font-size: .85rem; } .g-src > b { grid-column: span 2; font-size: .95rem; } .g-k { display: inline; color: var(--soft); } .g-src-head { display: none; }
  .g-src > span:nth-child(n+3) { grid-row: 2; white-space: normal; line-height: 1.4; } .g-k { display: block; } .g-src > .g-label { justify-self: end; }
  .stApp [class*="st-key-phrases_"] { padding: .5rem .8rem; } .stApp [class*="st-key-phrase_"] > :first-child { flex-basis: 6.5rem; } .g-phrase { display: block; padding-block: .3rem; } .g-phrase > .g-small { line-height: 1.4; }
  .g-tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .55rem; } .g-tile { padding: .65rem .75rem; } .g-tile:only-child { grid-column: 1 / -1; }
  .g-table, .g-table thead, .g-table tbody { display: block; } .g-table tr { display: flex; flex-wrap: wrap; border-bottom: 1px solid var(--line); padding: .3rem 0; }
  .g-table th, .g-table td { border: 0; padding: .2rem .15rem; min-width: 0; flex: 1 1 0; } .g-table thead th:first-child { display: none; } .g-table tbody th { flex: 1 0 100%; } .g-table tr:last-child { border-bottom: 0; }
  .stApp [class*="st-key-source_line_"] > :last-child { width: auto; } .stApp [class*="st-key-source_line_"] button p { display: none; } .stApp [class*="st-key-source_line_"] { padding: .3rem 0; } .stApp .st-key-source_line_0 { border-top: 0; }
}
@media (prefers-reduced-motion: reduce) { .stApp * { transition: none !important; animation: none !important; } }
"""

_RTL = """
.stApp [data-testid="stAppViewContainer"], .stApp [data-testid="stSidebar"], .stApp [data-testid="stMain"] { direction: rtl; }
.stApp h1, .stApp h2, .stApp h3, .stApp p, .stApp li, .stApp label, .stApp [data-testid="stMarkdownContainer"], .stApp [data-testid="stWidgetLabel"] { text-align: start !important; }
.stApp button [data-testid="stMarkdownContainer"], .stApp button p { text-align: center !important; }
.stApp .g-empty, .stApp .g-empty h3, .stApp .g-empty p { text-align: center !important; }
.stApp [data-testid="stMarkdownContainer"] ul, .stApp [data-testid="stMarkdownContainer"] ol { padding-inline-start: 1.4rem; padding-inline-end: 0; margin-inline: 0; }
.stApp [data-testid="stSidebar"][aria-expanded="false"], .stApp [data-testid="stSidebar"][data-collapsed="true"] { display: none; }
.stApp [data-testid="stSidebarCollapseButton"] [data-testid="stIconMaterial"], .stApp [data-testid="stExpandSidebarButton"] [data-testid="stIconMaterial"] { transform: scaleX(-1); display: inline-block; }
.stApp [data-testid="stHeader"] img { margin-inline: .75rem; }
.stApp [data-testid="stVegaLiteChart"], .stApp canvas, .stApp [data-testid="stDataFrame"], .stApp code, .stApp pre { direction: ltr; }
.stApp [data-baseweb="select"] > div, .stApp input, .stApp textarea { direction: rtl; text-align: start; }
.stApp [data-testid="stFullScreenFrame"]:has([data-testid="stVegaLiteChart"]) [data-testid="stElementToolbar"] { right: auto; left: 0; }
.stApp [data-testid="stTextInputRootElement"] { padding: 0 8px 0 0; }
.stApp [data-testid="stButtonGroup"] button { border-radius: 0; border-width: 1px; margin-inline: 0 -1px; } .stApp [data-testid="stButtonGroup"] button:first-child { border-radius: 0 .5rem .5rem 0; } .stApp [data-testid="stButtonGroup"] button:last-child { border-radius: .5rem 0 0 .5rem; margin-inline: 0; }
.stApp input[type="url"], .stApp input[type="email"] { direction: ltr; }
[data-baseweb="popover"], [data-baseweb="menu"], [role="listbox"], [data-testid="stPopoverBody"], [data-baseweb="tooltip"] { direction: rtl; text-align: start; }
[data-testid="stToast"], [role="dialog"] { direction: rtl; }
"""


def apply(language: Language) -> None:
    """Write the sheet into the page; the first thing a run does, so that nothing is seen unturned."""
    name = f'.stApp [data-testid="stSidebarHeader"] {{ --name: "{say("board.name", language)}"; }}'
    st.html(f"<style>{_SHEET}{name}{_RTL if language == 'fa' else ''}</style>")


def chart_colours() -> dict[str, str]:
    """Return the colours for the theme the visitor looks at; light until the browser has said which."""
    kind = getattr(st.context.theme, "type", None)
    return CHART["dark" if kind == "dark" else "light"]
