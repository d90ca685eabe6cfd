// npm run faults, after its tests: writes what they found into docs/evidence.md, between the two markers.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brokenPromises, type FaultResult, type OutcomeCounts } from '../test/faults/production/fault-result.ts';
import { readFaultResults } from '../test/faults/production/fault-result-file.ts';

const PAGE = join(import.meta.dirname, '../docs/evidence.md');
const BEGIN = '<!-- fault table: made by npm run faults:table -->';
const END = '<!-- end of the fault table -->';

const HEAD = [
  'fault',
  'callers saw while it lasted',
  'Revoke took (p50, max)',
  'acknowledged changes, lost',
  'verdict',
];
/** What a test server that is a single node cannot show. */
const MODELLED = ['MongoDB elects another primary', 'MongoDB rolls back what no majority had'];

const results = readFaultResults();
if (results.length === 0) throw new Error('there are no results: run the tests in test/production first');
const page = readFileSync(PAGE, 'utf8');
const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
if (begin === -1 || end < begin) throw new Error(`${PAGE} does not hold the two markers`);
writeFileSync(PAGE, `${page.slice(0, begin + BEGIN.length)}\n\n${table(results)}\n\n${page.slice(end)}`);

function table(all: readonly FaultResult[]): string {
  const sorted = [...all].sort((a, b) => a.id.localeCompare(b.id));
  const modelled = MODELLED.map((fault) => [fault, 'modelled, not run', '', '', 'see `model/`']);
  return [HEAD, HEAD.map(() => '---'), ...sorted.map(toCells), ...modelled].map(toLine).join('\n');
}

function toCells(result: FaultResult): string[] {
  const { fault, during, revokeMs, acknowledged, history } = result;
  const seen = (['generate', 'revoke', 'validate'] as const).map((name) => `${name}: ${counts(during[name])}`);
  const changes = acknowledged.generates + acknowledged.revokes;
  const broken = brokenPromises(result).length;
  return [
    fault,
    seen.join('; '),
    revokeMs.count === 0 ? 'none succeeded' : `${revokeMs.p50} ms, ${revokeMs.max} ms`,
    `${changes}, ${acknowledged.lost.length}`,
    broken === 0 ? `strict in ${history.operations} calls` : `${broken} promises broken`,
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
