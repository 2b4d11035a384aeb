module example.invalid/weather

go 1.19
