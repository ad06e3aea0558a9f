def write_report(m, path, **k): path.write_text("x")
