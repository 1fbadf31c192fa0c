using NonLocal.Benchmarks;

// dotnet run -c Release --project benchmarks/NonLocal.Benchmarks -- matmul [MxNxK]…
return args switch
{
    ["matmul", .. string[] sizes] => MatrixProductBenchmark.Run(sizes),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: matmul [MxNxK]…");
    return 2;
}
