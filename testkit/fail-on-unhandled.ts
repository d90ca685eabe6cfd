/** An unhandled rejection fails the test that runs, whatever Mocha's default is. */
process.on('unhandledRejection', (reason) => {
  throw reason;
});
