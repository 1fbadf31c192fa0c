using System.Numerics;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Compile;

public class RandomGraphTests
{
    private const int Graphs = 40;
    private const int Operations = 12;

    public static TheoryData<string, CompileOptions> Settings => new()
    {
        { "all passes", new CompileOptions() },
        { "no passes", CompileOptions.NoPasses },
        { "no dead code removal", new CompileOptions { RemoveDeadCode = false } },
        { "no merging", new CompileOptions { MergeCommon = false } },
        { "no scale folding", new CompileOptions { FoldScales = false } },
        { "no order of products", new CompileOptions { OrderProducts = false } },
        { "no epilogues", new CompileOptions { FuseEpilogues = false } },
        { "no chains", new CompileOptions { FuseElementwise = false } },
        { "no reuse in place", new CompileOptions { ReuseInPlace = false } },
        { "literal kernels", new CompileOptions { LiteralKernels = true } },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Program_ForwardAndBackward_EqualsInterpreterInDouble(string name, CompileOptions options)
    {
        for (int seed = 0; seed < Graphs; seed++)
        {
            RandomGraph random = new(seed, Operations);
            double[][] expected = Interpret<double>(random);

            // How much rounding to single costs here at all: some gradients cancel almost completely.
            double[][] single = Interpret<float>(random);
            IReadOnlyList<Tensor> actual = Program.Compile(random.Graph, random.Outputs, options).Run([.. random.Feeds]);
            for (int i = 0; i < expected.Length; i++)
            {
                double error = RelativeError([.. actual[i].Span.ToArray().Select(x => (double)x)], expected[i]);
                double allowed = Math.Max(1e-5, 25 * RelativeError(single[i], expected[i]));
                Assert.True(error < allowed, $"{name}, seed {seed}: {random.Outputs[i]} differs by {error:E2}, allowed {allowed:E2}.");
            }
        }
    }

    [Fact]
    public void Program_AnyNumberOfThreads_SameBits()
    {
        for (int seed = 0; seed < Graphs; seed++)
        {
            float[][]? first = null;
            foreach (int threads in new[] { 1, 2, 8 })
            {
                using WorkerPool pool = new(threads);
                RandomGraph random = new(seed, Operations);
                Program program = Program.Compile(random.Graph, random.Outputs, new CompileOptions { Pool = pool });
                float[][] now = [.. program.Run([.. random.Feeds]).Select(output => output.Span.ToArray())];
                first ??= now;
                Assert.Equal(first, now);
            }
        }
    }

    [Fact]
    public void Program_ReusedMemory_IsFilledAnewEveryRun()
    {
        for (int seed = 0; seed < Graphs; seed++)
        {
            RandomGraph random = new(seed, Operations);
            MemoryBlock arena = new();
            Program program = Program.Compile(random.Graph, random.Outputs, new CompileOptions { Arena = arena });
            float[][] first = [.. program.Run([.. random.Feeds]).SkipLast(1).Select(output => output.Span.ToArray())];
            arena.Span(0, (int)arena.Length).Fill(float.NaN);
            float[][] second = [.. program.Run([.. random.Feeds]).SkipLast(1).Select(output => output.Span.ToArray())];
            Assert.Equal(first, second);
        }
    }

    [Fact]
    public void Program_Passes_MakeFewerStepsAndNoMoreProducts()
    {
        int stepsNeeded = 0;
        int stepsWithoutChains = 0;
        int stepsWithAll = 0;
        for (int seed = 0; seed < Graphs; seed++)
        {
            RandomGraph random = new(seed, Operations);
            Program all = Program.Compile(random.Graph, random.Outputs, new CompileOptions { MergeCommon = false });
            Program needed = Program.Compile(random.Graph, random.Outputs, CompileOptions.NoPasses with { RemoveDeadCode = true });
            Assert.Equal(needed.MultiplyAdds, all.MultiplyAdds);
            stepsWithAll += all.StepNames.Count;
            stepsNeeded += needed.StepNames.Count;
            CompileOptions unfused = new() { FuseElementwise = false, MergeCommon = false };
            stepsWithoutChains += Program.Compile(random.Graph, random.Outputs, unfused).StepNames.Count;
        }

        Assert.True(stepsWithoutChains < stepsNeeded);
        Assert.True(stepsWithAll < 0.9 * stepsWithoutChains);
    }

    [Fact]
    public void Program_ReuseInPlace_TakesLessMemory()
    {
        long with = 0;
        long without = 0;
        for (int seed = 0; seed < Graphs; seed++)
        {
            RandomGraph random = new(seed, Operations);
            with += Program.Compile(random.Graph, random.Outputs).ArenaBytes;
            without += Program.Compile(random.Graph, random.Outputs, new CompileOptions { ReuseInPlace = false }).ArenaBytes;
        }

        Assert.True(with < without);
    }

    private static double[][] Interpret<T>(RandomGraph random)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Interpreter<T> interpreter = new(random.Graph);
        for (int i = 0; i < random.Feeds.Count; i++)
        {
            interpreter.Feed(random.Graph.Inputs[i], [.. random.Feeds[i].Span.ToArray().Select(x => T.CreateChecked(x))]);
        }

        interpreter.Run([.. random.Outputs]);
        return [.. random.Outputs.Select(output => interpreter[output].ToArray().Select(double.CreateChecked).ToArray())];
    }

    private static double RelativeError(double[] actual, double[] expected)
    {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            size += expected[i] * expected[i];
        }

        return Math.Sqrt(difference) / Math.Max(Math.Sqrt(size), 1e-3);
    }
}
