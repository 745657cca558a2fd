"""Forms on a page: from a form and its answers to what the templates draw, and back from what the browser posts."""

from web.forms.post import Intent, Post, read_post
from web.forms.uploads import Upload, read_uploads
from web.forms.view import AttachmentInfo, FormView

__all__ = ["AttachmentInfo", "FormView", "Intent", "Post", "Upload", "read_post", "read_uploads"]
