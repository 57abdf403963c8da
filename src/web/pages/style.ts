/** The style sheet, served as /style.css. The tests compute the contrast of the rendered page. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f3f5f8; --text: #1b2330; --soft: #4d5969; --rule: #c9d0d9;
  --link: #14508f; --accent: #235a97; --track: #dde3ea;
  --good: #1c6635; --good-ground: #e2f3e7; --odd: #7a4a00; --odd-ground: #fdf0d5;
  --bad: #a1201b; --bad-ground: #fde7e5; --near: #b36b00; --full: #c0352e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --raised: #1b2129; --text: #e7ecf2; --soft: #aab6c4; --rule: #3a4451;
    --link: #8fc1f7; --accent: #5a9de0; --track: #2c3540;
    --good: #8fdba7; --good-ground: #14331f; --odd: #f2c879; --odd-ground: #3a2a0b;
    --bad: #ffaba5; --bad-ground: #461613; --near: #e0a13d; --full: #f0706a;
  }
}
* { box-sizing: border-box; }
html { font: 16px/1.5 system-ui, sans-serif; background: var(--ground); color: var(--text); }
body { margin: 0; overflow-wrap: anywhere; }
a { color: var(--link); }
:focus-visible, input[type=date]:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; background: var(--ground); padding: .5rem 1rem; }
.skip:focus { left: 0; top: 0; z-index: 1; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline;
  padding: .75rem max(1rem, calc((100% - 72rem) / 2 + 1rem));
  background: var(--raised); border-bottom: 1px solid var(--rule); }
.name { font-weight: 700; font-size: 1.15rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0; padding: 0; }
nav a { display: inline-block; padding: .25rem 0; }
nav a[aria-current] { color: var(--text); font-weight: 600; text-decoration: none;
  border-bottom: 3px solid var(--accent); }
main, footer, .banner p { max-width: 72rem; margin: 0 auto; padding: 0 1rem; }
main:focus { outline: none; }
h1 { font-size: 1.6rem; margin: 1rem 0 .5rem; line-height: 1.25; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
p { margin: .5rem 0; }
footer, .note, caption { color: var(--soft); font-size: .9rem; }
footer { margin-top: 3rem; padding-bottom: 1rem; }
.banner { background: var(--odd-ground); color: var(--odd); border-bottom: 2px solid var(--odd); padding: .5rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1rem 0;
  list-style: none; padding: 0; }
.tiles a { display: block; height: 100%; background: var(--raised); border: 1px solid var(--rule);
  border-left-width: .3rem; border-radius: .5rem; padding: .6rem .8rem; color: var(--text); text-decoration: none; }
.tiles a:hover { border-color: var(--accent); }
.tiles span { display: block; color: var(--soft); font-size: .9rem; }
.tiles strong { font-size: 1.3rem; }
.tiles small { display: block; color: var(--soft); font-size: .85rem; }
.tiles .bad { border-left-color: var(--full); }
.tiles .bad strong { color: var(--bad); }
.tiles .odd { border-left-color: var(--near); }
.tiles .good { border-left-color: var(--good); }
.alarm { background: var(--bad-ground); color: var(--bad); border-left: .3rem solid var(--full);
  border-radius: .5rem; padding: .6rem 1rem; margin: 1rem 0; }
.alarm h2, .calmly h2 { margin-top: 0; }
.alarm a { color: inherit; }
.alarm ul { margin: .25rem 0; padding-left: 1.2rem; }
.calmly { margin: 1rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; overflow-wrap: normal; }
caption { text-align: left; padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--rule); }
thead th { color: var(--soft); font-size: .9rem; white-space: nowrap; }
tbody th { font-weight: 400; }
td { min-width: 5rem; }
th[scope=row] { min-width: 8rem; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td .bar { display: block; min-width: 6rem; margin-top: .45rem; }
.bar { width: 100%; height: .6rem; }
.trend { width: 6rem; height: 1.5rem; vertical-align: top; }
.point { fill: var(--accent); }
.chart { width: 100%; max-width: 48rem; height: auto; }
.chart text { fill: var(--soft); font-size: 11px; }
.track { fill: var(--track); }
.plain, .calm { fill: var(--accent); }
.near { fill: var(--near); }
.full { fill: var(--full); }
.grid { stroke: var(--rule); stroke-width: .5; }
.limit { stroke: var(--full); stroke-width: 1; stroke-dasharray: 2 2; }
.curve { fill: none; stroke: var(--accent); stroke-width: 1.6; }
.under { fill: var(--accent); opacity: .15; }
.forecast { fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-dasharray: 4 3; }
.tag { display: inline-block; padding: 0 .45rem; border-radius: .6rem; font-size: .9rem; background: var(--raised); }
.tag.good { background: var(--good-ground); color: var(--good); }
.tag.odd { background: var(--odd-ground); color: var(--odd); }
.tag.bad { background: var(--bad-ground); color: var(--bad); }
form { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: end; margin: 1rem 0; }
label { display: block; font-size: .9rem; color: var(--soft); }
input, select, button { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--soft);
  border-radius: .35rem; padding: .3rem .6rem; max-width: 100%; height: 2.4rem; }
form.upright { display: block; }
form.upright > * { margin: .75rem 0; }
form.upright > div > input { width: 20rem; }
form.inline { margin: 0 0 0 auto; align-items: center; gap: .25rem .75rem; }
.scroll + .scroll { margin-top: 1.5rem; }
.row { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: end; }
time { white-space: nowrap; }
@media (min-width: 60rem) { th.broad[scope=row] { min-width: 14rem; } }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
input[type=checkbox] { width: 1.2rem; height: 1.2rem; margin: 0 .4rem 0 0; vertical-align: -.2rem; accent-color: var(--accent); }
form .wide { flex: 1 1 16rem; }
form .wide input { width: 100%; }
button, .button { background: var(--accent); color: var(--ground); border-color: var(--accent); cursor: pointer;
  display: inline-block; border-radius: .35rem; padding: .4rem .8rem; text-decoration: none; }
.pages { display: flex; gap: 1.5rem; margin: 1rem 0; }
pre { white-space: pre-wrap; background: var(--raised); border: 1px solid var(--rule); border-radius: .5rem;
  padding: .75rem; font-size: .95rem; max-width: 100%; }
.mail { font-family: inherit; }
dl.facts { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .15rem 1rem; margin: .75rem 0; }
dl.facts dt { color: var(--soft); }
dl.facts dd { margin: 0; }
summary { cursor: pointer; padding: .35rem 0; }
code { font-size: .95em; }
@media (min-width: 37.51rem) { .policy { white-space: nowrap; } td wbr { display: none; } }
@media (min-width: 50rem) { .chart text { font-size: 7px; } .tiles { grid-template-columns: repeat(4, 1fr); } }
@media (min-width: 50rem) and (min-height: 37.5rem) {
  .stay { position: sticky; bottom: 0; background: var(--ground); border-top: 1px solid var(--rule); padding: .75rem 0; }
  html:has(.stay) { scroll-padding-bottom: 7rem; }
}
@media (max-width: 37.5rem) {
  form > div { flex: 1 1 8rem; }
  form > div > input, form > div > select { width: 100%; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, caption, tbody, tr { display: block; }
  tbody tr { border: 1px solid var(--rule); border-radius: .5rem; margin: .5rem 0; padding: .4rem .75rem; }
  tbody th, tbody td { display: flow-root; border: 0; padding: .1rem 0 .1rem 6.75rem; min-width: 0;
    text-align: left; white-space: normal; overflow-wrap: anywhere; }
  tbody th { padding-left: 0; font-weight: 600; }
  tbody .number { text-align: left; white-space: normal; }
  h1 { font-size: 1.35rem; }
  td::before { content: attr(data-title); float: left; width: 6.25rem; margin-left: -6.75rem; color: var(--soft);
    font-size: .9rem; line-height: 1.667; }
  td:empty { display: none; }
}
`;
