using NonLocal.Benchmarks;
using NonLocal.Benchmarks.Micro;

// dotnet run -c Release --project benchmarks/NonLocal.Benchmarks -- matmul [MxNxK]…
// dotnet run -c Release --project benchmarks/NonLocal.Benchmarks -- memory resnet50 1x224x224x3 [train]
// dotnet run -c Release --project benchmarks/NonLocal.Benchmarks -- micro --filter *Convolution*
return args switch
{
    ["matmul", .. string[] sizes] => MatrixProductBenchmark.Run(sizes),
    ["memory", string model, string shape] => MemoryBenchmark.Run(model, shape, training: false),
    ["memory", string model, string shape, "train"] => MemoryBenchmark.Run(model, shape, training: true),
    ["micro", .. string[] options] => MicroBenchmarks.Run(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        "usage: matmul [MxNxK]… or memory MODEL SHAPE [train] or micro [BENCHMARKDOTNET'S OPTIONS]");
    return 2;
}
