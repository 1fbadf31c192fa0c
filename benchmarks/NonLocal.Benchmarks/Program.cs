using NonLocal.Benchmarks;
using NonLocal.Benchmarks.Denoising;
using NonLocal.Benchmarks.Micro;
using NonLocal.Benchmarks.SideBySide;

// dotnet run -c Release --project benchmarks/NonLocal.Benchmarks -- matmul [MxNxK]…
// dotnet run -c Release --project benchmarks/NonLocal.Benchmarks -- memory resnet50 1x224x224x3 [train]
// dotnet run -c Release --project benchmarks/NonLocal.Benchmarks -- steps cifar-resnet20 128x32x32x3 [train]
// dotnet run -c Release --project benchmarks/NonLocal.Benchmarks -- steps squeeze-excitation 1x64x64x512 [THREADS]
// dotnet run -c Release --project benchmarks/NonLocal.Benchmarks -- micro --filter *Convolution*
// benchmarks/side-by-side/run.sh starts: serve ROW FOLDER
// benchmarks/denoising/run.sh starts: denoise THREADS
return args switch
{
    ["matmul", .. string[] sizes] => MatrixProductBenchmark.Run(sizes),
    ["memory", string model, string shape] => MemoryBenchmark.Run(model, shape, training: false),
    ["memory", string model, string shape, "train"] => MemoryBenchmark.Run(model, shape, training: true),
    ["steps", string model, string shape] => StepBenchmark.Run(model, shape, training: false, threads: 1),
    ["steps", string model, string shape, "train"] => StepBenchmark.Run(model, shape, training: true, threads: 1),
    ["steps", string model, string shape, string threads] => StepBenchmark.Run(model, shape, training: false, int.Parse(threads)),
    ["micro", .. string[] options] => MicroBenchmarks.Run(options),
    ["serve", string row, string folder] => RowServer.Run(row, folder),
    ["denoise", string threads] => DenoisingServer.Run(threads),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        "usage: matmul [MxNxK]… or memory MODEL SHAPE [train] or steps MODEL SHAPE [train|THREADS] or micro [BENCHMARKDOTNET'S OPTIONS] "
        + "or serve ROW FOLDER or denoise THREADS");
    return 2;
}
