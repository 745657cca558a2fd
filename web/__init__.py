"""The pages: they parse a request, call one service of the engine and render. They hold no rule of the domain."""
