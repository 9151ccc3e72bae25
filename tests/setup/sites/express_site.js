// A site on Express with one of its ways to keep a session: SECRET WAY on the command line, where WAY
// is cookie-session, express-session or jwt.
//
// Prints its port, and then one line of JSON a request: what the cookie said when the request came,
// and what was written into it. That is the content for cookie-session and jwt; for
// express-session, whose content stays here, it is the session's id.

const [secret, way] = process.argv.slice(2)

function library(name) {
  try {
    return require(require.resolve(name, { paths: [`${__dirname}/..`] }))
  } catch (error) {
    console.error(`not installed: ${name}`)
    process.exit(77)
  }
}

const express = library('express')
const app = express()

// Each way: read(request) is what the cookie said; content(request) is what the application sees
// and changes; wrote(request, response) is what the response's cookie says; end(…) logs out.
const ways = {
  'cookie-session': () => {
    app.use(library('cookie-session')({ name: 'session', keys: [secret] }))
    return {
      read: (request) => ({ ...request.session }),
      content: (request) => request.session,
      wrote: (request) => (request.session && request.session.isChanged ? { ...request.session } : null),
      end: (request) => { request.session = null }
    }
  },
  'express-session': () => {
    app.use(library('express-session')({ secret, resave: false, saveUninitialized: false }))
    return {
      read: (request) => (Object.keys(request.session).length > 1 ? request.sessionID : {}),
      content: (request) => request.session,
      wrote: (request) => (request.path === '/login' ? request.sessionID : null),
      end: (request) => { request.session.destroy(() => {}) }
    }
  },
  jwt: () => {
    const jwt = library('jsonwebtoken')
    app.use(library('cookie-parser')())
    app.use((request, response, next) => {
      try {
        request.claims = jwt.verify(request.cookies.token, secret)
      } catch {
        request.claims = {}
      }
      request.cameWith = { ...request.claims }
      next()
    })
    return {
      read: (request) => request.cameWith,
      content: (request) => request.claims,
      wrote: (request, response) => {
        if (!['/login', '/add'].includes(request.path)) return null
        delete request.claims.iat
        const token = jwt.sign(request.claims, secret)
        response.cookie('token', token)
        return jwt.decode(token)
      },
      end: (request, response) => { response.clearCookie('token') }
    }
  }
}
const { read, content, wrote, end } = ways[way]()

function answer(path, change) {
  app.get(path, (request, response) => {
    const line = { path, read: JSON.parse(JSON.stringify(read(request))) }
    change(content(request), request, response)
    line.wrote = path === '/logout' ? null : wrote(request, response)
    console.log(JSON.stringify(line))
    if (path === '/') response.json({ ...content(request), cookie: undefined })
    else response.redirect('/')
  })
}

answer('/', () => {})
answer('/login', (session, request) => {
  Object.assign(session, { username: request.query.user, pair: [1, { deep: '三' }], cart: [] })
})
answer('/add', (session, request) => { session.cart = [...session.cart, request.query.item] })
answer('/logout', (session, request, response) => end(request, response))

const server = app.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port }))
})
