"""What gunicorn serves: gunicorn -c cloud/app/api/gunicorn_conf.py cloud.app.api.wsgi:app"""

from cloud.app.api.app import create_app
from cloud.app.settings import from_environment

app = create_app(from_environment())
