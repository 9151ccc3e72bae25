"""The environment variables by which the recorder speaks to what it starts."""

# The file to which a server writes its diary.
DIARY = "RECORD_SERVER_LOG"
# The port that clients connect to (nginx's, where it stands before the app).
PORT = "RECORD_PORT"
# The name of a client; all processes of one browser carry the same.
TAG = "RECORD_CLIENT"
