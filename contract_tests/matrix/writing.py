def page(outcomes): return ""
