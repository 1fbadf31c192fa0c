using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace NonLocal.Benchmarks.Micro;

/// <summary>One operation at a time, by BenchmarkDotNet: <c>micro --filter *Convolution*</c>; <c>--list flat</c> names them all.</summary>
internal static class MicroBenchmarks
{
    /// <summary>Runs what BenchmarkDotNet's own options choose.</summary>
    public static int Run(string[] options)
    {
        // In this process: kernels start no faster in another, and nothing has to be built for it.
        ManualConfig config = ManualConfig.CreateEmpty()
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .WithArtifactsPath("artifacts/micro");
        BenchmarkSwitcher.FromTypes(
            [
                typeof(MatrixProductRuns),
                typeof(ConvolutionRuns),
                typeof(AttentionRuns),
                typeof(BatchNormRuns),
                typeof(ElementwiseRuns),
                typeof(SoftmaxRuns),
            ]).Run(options, config);
        return 0;
    }
}
