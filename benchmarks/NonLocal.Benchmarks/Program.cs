using NonLocal.Benchmarks;

// dotnet run -c Release --project benchmarks/NonLocal.Benchmarks -- matmul [MxNxK]…
// dotnet run -c Release --project benchmarks/NonLocal.Benchmarks -- memory resnet50 1x224x224x3 [train]
return args switch
{
    ["matmul", .. string[] sizes] => MatrixProductBenchmark.Run(sizes),
    ["memory", string model, string shape] => MemoryBenchmark.Run(model, shape, training: false),
    ["memory", string model, string shape, "train"] => MemoryBenchmark.Run(model, shape, training: true),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: matmul [MxNxK]… or memory MODEL SHAPE [train]");
    return 2;
}
