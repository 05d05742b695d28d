"""The application that the web server loads."""

from baozhen.site.front.application import Front
from baozhen.site.front.configuration import FrontSettings

application = Front(FrontSettings.from_environment())
