import { dayMs } from '../domain/dates.ts';
import type { ReportMessage } from '../ports/delivery.ts';
import type { PeriodReport } from '../watch/period-report.ts';
import { document } from './document.ts';
import { periodReportJson } from './period-report.ts';
import { htmlReport, plainReport } from './report-renderings.ts';
import { reportText } from './report-template.ts';

/** No report covers more: runs are kept for 90 days, and nobody reads that much. */
export const longestPeriodMs = 31 * dayMs;

/** The report in every form, under this ID. */
export function reportMessage(report: PeriodReport, zone: string, id: string): ReportMessage {
  const said = reportText(report, zone);
  return {
    id,
    subject: said.subject,
    text: plainReport(said),
    html: htmlReport(said),
    json: document('report', periodReportJson(report)),
  };
}
