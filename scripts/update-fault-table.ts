// npm run faults:table: carries out all fault scenarios, and writes what they found into the page, between two markers.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brokenPromises, type FaultResult, type OutcomeCounts } from '../test/faults/production/fault-result.ts';
import { RESULTS_FOLDER_VARIABLE, readFaultResults } from '../test/faults/production/fault-result-files.ts';
import { createTemporaryDirectory } from '../testkit/temporary-directory.ts';

/** Where the table is, and what stands before and after it there. */
const TARGET = {
  page: join(import.meta.dirname, '../docs/evidence.md'),
  begin: '<!-- fault table: made by npm run faults:table -->',
  end: '<!-- end of the fault table -->',
};

const HEAD = [
  'fault',
  'callers saw while it lasted',
  'Revoke took (p50, max)',
  'acknowledged changes, lost',
  'verdict',
];
/** What a test server that is a single node cannot show. */
const MODELLED = ['MongoDB elects another primary', 'MongoDB rolls back what no majority had'];

replaceTable(table(carryOut()));

/** Throws where a scenario failed: the table then stays as it is. */
function carryOut(): readonly FaultResult[] {
  const folder = createTemporaryDirectory();
  try {
    const env = { ...process.env, [RESULTS_FOLDER_VARIABLE]: folder.path };
    const { status } = spawnSync('npm', ['run', 'faults'], { stdio: 'inherit', env });
    if (status !== 0) throw new Error('the scenarios did not all pass: the table stays as it is');
    return readFaultResults(folder.path);
  } finally {
    folder.remove();
  }
}

function replaceTable(rows: string): void {
  const { page, begin, end } = TARGET;
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${page} does not hold the two markers`);
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${rows}\n\n${text.slice(to)}`);
}

function table(all: readonly FaultResult[]): string {
  const modelled = MODELLED.map((fault) => [fault, 'modelled, not run', '', '', 'see `model/`']);
  return [HEAD, HEAD.map(() => '---'), ...all.map(toCells), ...modelled].map(toLine).join('\n');
}

function toCells(result: FaultResult): string[] {
  const { fault, failedSetUps, during, revokeMs, acknowledged, history } = result;
  const seen = (['generate', 'revoke', 'validate'] as const).map((name) => `${name}: ${counts(during[name])}`);
  const changes = acknowledged.generates + acknowledged.revokes;
  const broken = brokenPromises(result).length;
  const repeated = failedSetUps.length === 0 ? '' : `; set up ${failedSetUps.length + 1} times`;
  return [
    fault,
    seen.join('; '),
    revokeMs.count === 0 ? 'none succeeded' : `${revokeMs.p50} ms, ${revokeMs.max} ms`,
    `${changes}, ${acknowledged.lost.length}`,
    `${broken === 0 ? `strict in ${history.operations} calls` : `${broken} promises broken`}${repeated}`,
  ];
}

function counts(outcomes: OutcomeCounts): string {
  const sorted = Object.entries(outcomes).sort(([, a], [, b]) => b - a);
  return (
    sorted.map(([outcome, count]) => `${count} ${outcome === 'ok' ? outcome : `\`${outcome}\``}`).join(', ') || '–'
  );
}

function toLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
