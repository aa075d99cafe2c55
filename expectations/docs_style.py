"""The style sheet of Data Docs: the few classes that its pages use, and two marks as icons."""

STYLE = """
:root { --ink: #1d2433; --line: #d9dee7; --soft: #f4f6f9; --good: #1a7f4b; --bad: #b3261e;
  --warn: #9a6700; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); font: 15px/1.5 system-ui, "Noto Sans", Arial, sans-serif; }
a { color: #0b57a4; }
h1 { font-size: 26px; } h2 { font-size: 19px; } h4, h5, h6 { font-size: 16px; margin: 0; }
.container-fluid { max-width: 1180px; margin: 0 auto; padding: 16px; }
.row { display: flex; flex-wrap: wrap; gap: 16px; }
.col-12, .col-lg-12 { flex: 0 0 100%; }
.col-lg-2 { flex: 0 0 210px; } .col-lg-10 { flex: 1 1 0; min-width: 0; }
.table { border-collapse: collapse; width: 100%; margin: 8px 0 20px; }
.table td, .table th { border-bottom: 1px solid var(--line); padding: 6px 10px; text-align: left;
  vertical-align: top; }
.table th { background: var(--soft); }
.card, .alert { border: 1px solid var(--line); border-radius: 6px; background: var(--soft);
  margin: 0 0 12px; padding: 8px 12px; }
.nav, ol, ul { padding-left: 18px; margin: 4px 0; }
.breadcrumb { list-style: none; padding: 8px 16px; }
.ge-navigation-sidebar-content { list-style: none; padding: 0; }
.badge { border-radius: 4px; padding: 1px 7px; background: #e7ebf1; font-size: 13px; }
.badge-danger, .bg-danger { background: var(--bad); color: #fff; }
.badge-warning { background: #ffe08a; }
.text-success { color: var(--good); } .text-danger { color: var(--bad); }
.text-warning { color: var(--warn); }
.lead { font-size: 17px; }
code { font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; }
.fas { font-style: normal; font-weight: 700; }
.fa-check-circle::before { content: "\\2714"; }
.fa-times::before { content: "\\2718"; }
.fa-exclamation-triangle::before { content: "\\26A0"; }
.sticky { position: sticky; top: 16px; max-height: 95vh; overflow: auto; }
.card-header { font-weight: 600; }
.collapse, a[data-toggle="collapse"], .card.mb-3, .breadcrumb-item.active { display: none; }
@media (max-width: 760px) { .col-lg-2 { flex: 0 0 100%; } .sticky { position: static; } }
"""
