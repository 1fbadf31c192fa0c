using System.Diagnostics;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Analysis;

/// <summary>Where a program's time goes, by the layers of its steps.</summary>
public static class LayerTimes
{
    /// <summary>
    /// Runs a program and adds up the time of its steps by layer; of every step the least of all runs counts, so that work beside it
    /// disturbs as little as possible. What the compiler moves into another step (a norm, a ReLU, a sum after a product) counts where that
    /// step does.
    /// </summary>
    /// <param name="program">Its inputs hold what it runs with.</param>
    /// <param name="runs">How often it is measured, after one run that is not.</param>
    /// <returns>Milliseconds by the dotted path of each layer that has steps.</returns>
    public static IReadOnlyDictionary<string, double> Measure(Program program, int runs)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 1);
        double[] least = new double[program.StepNames.Count];
        Array.Fill(least, double.PositiveInfinity);
        program.Run();
        for (int run = 0; run < runs; run++)
        {
            long before = Stopwatch.GetTimestamp();
            program.Run(step =>
            {
                long now = Stopwatch.GetTimestamp();
                least[step] = Math.Min(least[step], Stopwatch.GetElapsedTime(before, now).TotalMilliseconds);
                before = now;
            });
        }

        Dictionary<string, string> layers = [];
        foreach (Node node in program.Graph.Nodes)
        {
            layers.TryAdd(node.ToString(), node.Layer);
        }

        return program.StepNames
            .Select((name, step) => (Layer: layers.GetValueOrDefault(name, ""), Time: least[step]))
            .GroupBy(step => step.Layer)
            .ToDictionary(group => group.Key, group => group.Sum(step => step.Time));
    }
}
