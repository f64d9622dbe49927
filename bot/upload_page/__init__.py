"""「上传材料」: the page behind a signed link, and the way in for members of WeCom."""

from bot.upload_page.page import UploadPage
from bot.upload_page.silent import KnowsMembers, SilentLogin

__all__ = ["KnowsMembers", "SilentLogin", "UploadPage"]
