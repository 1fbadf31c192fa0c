using System.Diagnostics;
using System.Globalization;
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;
using CompiledProgram = NonLocal.Tensors.Compile.Program;

namespace NonLocal.Benchmarks;

/// <summary>
/// Where a network's or a block's time goes: every step of its program, the least of some runs, added up over equal steps. On one thread it
/// is processor time, on more the clock's. Training: forward, loss and gradients.
/// </summary>
internal static class StepBenchmark
{
    private const int Runs = 8;

    // Long enough for the runtime to optimise what short work consists of.
    private const double LeastMs = 500;

    // Short work meets a moment in which the machine does nothing else.
    private const double MeasuredMs = 2000;
    private const double LeastShare = 0.005;

    public static int Run(string model, string shape, bool training, int threads)
    {
        using WorkerPool pool = new(threads);
        CompileOptions options = new() { Pool = pool };
        Shape input = Shape.Parse(shape);
        bool isBlock = AttentionRegistry.Names.Contains(model);
        Layer network = isBlock ? AttentionRegistry.Create(model, input.Last) : ModelRegistry.Create(model);
        network.Initialize(seed: 1);
        Value Loss(Value y) => isBlock ? (y * y).Mean() : y.CrossEntropy(y.Graph.Input("targets", [input[0]]));
        CompiledProgram program = training
            ? TrainingStep.Compile(network, input, Loss, options).Program
            : network.CompileForInference(input, options);
        Random random = new(1);
        foreach (ref float x in program.Inputs[0].Span)
        {
            x = (random.NextSingle() * 2) - 1;
        }

        Print(program, Measure(program, threads == 1 ? ProcessorMs : WallMs));
        return 0;
    }

    private static double[] Measure(CompiledProgram program, Func<double> clock)
    {
        double[] least = new double[program.StepNames.Count];
        Array.Fill(least, double.MaxValue);
        long start = Stopwatch.GetTimestamp();
        do
        {
            program.Run();
        }
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < LeastMs);

        start = Stopwatch.GetTimestamp();
        for (int run = 0; run < Runs || Stopwatch.GetElapsedTime(start).TotalMilliseconds < MeasuredMs; run++)
        {
            double before = clock();
            program.Run(step =>
            {
                double now = clock();
                least[step] = Math.Min(least[step], now - before);
                before = now;
            });
        }

        return least;
    }

    private static void Print(CompiledProgram program, double[] milliseconds)
    {
        Dictionary<string, Node> nodes = [];
        foreach (Node node in program.Graph.Nodes)
        {
            nodes.TryAdd(node.ToString(), node);
        }

        double total = milliseconds.Sum();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{total,9:F3} ms in {milliseconds.Length} steps"));
        var groups = program.StepNames.Select((name, i) => (Node: nodes.GetValueOrDefault(name), Name: name, Ms: milliseconds[i]))
            .GroupBy(step => step.Node is null ? step.Name : Describe(step.Node))
            .Select(group => (
                Name: group.Key,
                Count: group.Count(),
                Ms: group.Sum(step => step.Ms),
                Flops: group.Sum(step => step.Node is null ? 0 : 2.0 * step.Node.Operation.MultiplyAdds(step.Node))))
            .Where(group => group.Ms >= LeastShare * total)
            .OrderByDescending(group => group.Ms);
        foreach ((string name, int count, double ms, double flops) in groups)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{ms,9:F3} ms {100 * ms / total,5:F1}% {flops / ms / 1e6,7:F1} GFLOP/s  {count} × {name}"));
        }
    }

    private static string Describe(Node node) =>
        $"{node.Operation.Name} {string.Join(", ", node.Inputs.Take(2).Select(value => value.Shape))} → {node.Outputs[0].Shape}";

    private static double WallMs() => Stopwatch.GetTimestamp() * 1e3 / Stopwatch.Frequency;

    private static double ProcessorMs() => Environment.CpuUsage.TotalTime.TotalMilliseconds;
}
