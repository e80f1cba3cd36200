"""What gunicorn serves: gunicorn -c cloud/app/api/gunicorn_conf.py cloud.app.api.wsgi:app"""

import logging

from cloud.app.api.app import create_app
from cloud.app.logs import log_to_stderr
from cloud.app.settings import from_environment

log_to_stderr("%(asctime)s %(levelname)s %(name)s %(message)s", logging.WARNING)

app = create_app(from_environment())
