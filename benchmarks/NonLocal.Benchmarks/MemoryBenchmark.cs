using System.Diagnostics;
using System.Globalization;
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;
using CompiledProgram = NonLocal.Tensors.Compile.Program;

namespace NonLocal.Benchmarks;

/// <summary>
/// What a program says it takes against what the process grows by at its first run: a residual network with a non-local block, inference or
/// training. One measurement a process, because a peak never goes down.
/// </summary>
internal static class MemoryBenchmark
{
    private const long Megabyte = 1_000_000;

    public static int Run(string model, string shape, bool training)
    {
        AttentionPlacement placement = new(2, channels => new NonLocalBlock(channels, new NonLocalOptions { ZeroInitialised = false }));
        Classifier network = ModelRegistry.Create(model, new ModelOptions { Attention = [placement] });
        network.Initialize(seed: 1);
        Shape input = Shape.Parse(shape);
        CompiledProgram program = training
            ? TrainingStep.Compile(network, input, logits => logits.CrossEntropy(logits.Graph.Input("targets", [input[0]]))).Program
            : network.CompileForInference(input);
        foreach (Tensor fed in program.Inputs)
        {
            fed.Span.Clear();
        }

        GC.Collect();
        long before = Peak();
        program.Run();
        long growth = Peak() - before;
        long planned = program.ArenaBytes + program.OutputBytes + program.PackedBytes;
        Console.WriteLine(
            $"{model} {shape} {(training ? "training step" : "inference")}: arena {Text(program.ArenaBytes)} MB, "
            + $"outputs {Text(program.OutputBytes)} MB, packed {Text(program.PackedBytes)} MB; the process's peak grew by "
            + $"{Text(growth)} MB at the first run, {Text(growth - planned)} MB more than planned");
        return 0;
    }

    private static string Text(long bytes) => ((double)bytes / Megabyte).ToString("F1", CultureInfo.InvariantCulture);

    private static long Peak()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
