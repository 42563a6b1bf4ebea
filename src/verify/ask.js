// URL SECONDS: asks the server; ends with 1 and the error's code and words where that fails.
const [url, patience] = process.argv.slice(1);
const fail = (error) => {
  console.log(`${error.code || error.name}: ${error.message}`);
  process.exit(1);
};
const request = require('https').get(url, { timeout: patience * 1000 }, () => process.exit(0));
request.on('timeout', () => fail({ code: 'ETIMEDOUT', message: 'no answer in time' }));
request.on('error', fail);
