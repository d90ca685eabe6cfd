/** What the environment chooses: how many schedules, of which seed, or one of them to be replayed. */
export const CHOSEN = {
  seed: Number(process.env['MICROSCOPE_SEED'] ?? 1),
  path: process.env['MICROSCOPE_PATH'],
  schedules:
    process.env['MICROSCOPE_SCHEDULES'] === undefined ? undefined : Number(process.env['MICROSCOPE_SCHEDULES']),
};
