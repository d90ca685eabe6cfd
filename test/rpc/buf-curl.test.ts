import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { expect } from 'chai';
import { ErrorInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { startService, type TestService } from '../../testkit/service/service-in-process.ts';
import { bearer } from '../../testkit/service/tokens.ts';
import { createTemporaryDirectory } from '../../testkit/temporary-directory.ts';

const BUF = join(import.meta.dirname, '../../node_modules/.bin/buf');
const SERVICE = 'iterapay.keys.v1.KeyService';
const METHODS = ['Generate', 'Info', 'Revoke', 'Validate'].map((name) => `${SERVICE}/${name}`);

/** A run of a program that may fail. */
interface Run {
  readonly exitCode: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

describe('buf curl without a schema', () => {
  const cwd = createTemporaryDirectory();
  let service: TestService;
  let authorization: string;

  before(async () => {
    service = await startService();
    authorization = await bearer();
  });

  after(async () => {
    await service.stop();
    cwd.remove();
  });

  function buf(...options: string[]): Promise<Run> {
    const args = ['curl', '--http2-prior-knowledge', ...options];
    const env = { ...process.env, BUF_CACHE_DIR: cwd.path, HOME: cwd.path };
    return new Promise((resolve) => {
      execFile(BUF, args, { cwd: cwd.path, env }, (error, stdout, stderr) => {
        resolve({ exitCode: error?.code ?? 0, stdout, stderr });
      });
    });
  }

  async function call(protocol: string, url: string, data: object): Promise<unknown> {
    const options = ['--protocol', protocol, '--header', `authorization: ${authorization}`, '--emit-defaults'];
    const { exitCode, stdout, stderr } = await buf(...options, '--data', JSON.stringify(data), url);
    expect(exitCode, stderr).to.equal(0);
    return JSON.parse(stdout);
  }

  for (const [port, protocols] of [
    ['httpUrl', ['grpc', 'grpcweb', 'connect']],
    ['grpcUrl', ['grpc']],
  ] as const) {
    it(`lists services and methods (${port})`, async () => {
      const services = await buf('--protocol', 'grpc', '--list-services', service[port]);
      const methods = await buf('--protocol', 'grpc', '--list-methods', service[port]);

      expect(services.stdout.split('\n'), services.stderr).to.include(SERVICE);
      expect(methods.stdout.split('\n'), methods.stderr).to.include.members(METHODS);
    });

    for (const protocol of protocols) {
      it(`makes all four calls (${protocol}, ${port})`, async () => {
        const url = `${service[port]}/${SERVICE}`;
        const merchantId = `m-${port}-${protocol}`;

        const generated = (await call(protocol, `${url}/Generate`, { merchantId })) as { apiKey: string };
        const { apiKey } = generated;
        const accepted = await call(protocol, `${url}/Validate`, { apiKey, merchantId });
        const info = await call(protocol, `${url}/Info`, { merchantId });
        const revoked = await call(protocol, `${url}/Revoke`, { merchantId });
        const refused = await call(protocol, `${url}/Validate`, { apiKey });

        expect(generated).to.deep.equal({ apiKey, key: apiKey });
        expect(accepted).to.include({ valid: true, merchantId, reason: 'REASON_UNSPECIFIED' });
        expect(info).to.have.property('prefix', apiKey.slice(0, 12));
        expect(info).to.have.property('lastUsedAt').that.is.a('string');
        expect(revoked).to.deep.equal({});
        expect(refused).to.include({ valid: false, merchantId: '', reason: 'REASON_REVOKED' });
      });

      it(`shows an error with its ErrorInfo (${protocol}, ${port})`, async () => {
        const url = `${service[port]}/${SERVICE}/Info`;

        const run = await buf('--protocol', protocol, '--data', '{"merchantId":"m1"}', url);

        expect(run.exitCode).to.equal(16 * 8);
        const { code, message, details } = JSON.parse(run.stderr) as Record<string, unknown>;
        const [detail] = details as { type: string; value: string }[];
        const { reason, domain } = fromBinary(ErrorInfoSchema, Buffer.from(detail?.value ?? '', 'base64'));
        expect([code, message]).to.deep.equal(['unauthenticated', 'A bearer token is missing.']);
        expect(detail?.type).to.equal('google.rpc.ErrorInfo');
        expect([reason, domain]).to.deep.equal(['UNAUTHENTICATED', 'iterapay.keys.v1']);
      });
    }
  }
});
