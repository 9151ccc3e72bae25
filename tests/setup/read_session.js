// Read a session value with the real library: FRAMEWORK SECRET VALUE on the command line.
// Prints what the library reads as JSON; fails where the library does not accept the value.

const [framework, secret, value] = process.argv.slice(2)

function library(name) {
  try {
    return require(name)
  } catch (error) {
    console.error(`not installed: ${name}`)
    process.exit(77)
  }
}

if (framework === 'express') {
  const express = library('express')
  const parser = library('cookie-parser')
  const app = express()
  app.use(parser(secret))
  app.get('/', (request, response) => response.json({ session: request.signedCookies.session }))
  const server = app.listen(0, '127.0.0.1', async () => {
    const url = `http://127.0.0.1:${server.address().port}/`
    const response = await fetch(url, { headers: { cookie: `session=${value}` } })
    const { session } = await response.json()
    server.close()
    server.closeAllConnections()
    if (!session) process.exit(1)
    console.log(JSON.stringify(session))
  })
} else {
  console.log(JSON.stringify(library('jsonwebtoken').verify(value, secret)))
}
