using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Analysis;

/// <summary>Which positions a position reads.</summary>
public enum Reach
{
    /// <summary>Its own features only.</summary>
    Itself,

    /// <summary>Those that differ from it along one axis at the most: its row and its column.</summary>
    Lines,

    /// <summary>Some others.</summary>
    Some,

    /// <summary>All positions.</summary>
    All,
}

/// <summary>How what a position reads from afar depends on its own features.</summary>
public enum Readers
{
    /// <summary>In any way: it chooses what it reads.</summary>
    Choose,

    /// <summary>Linearly: all positions read the same statistics and weigh their own channels with them.</summary>
    ShareStatistics,

    /// <summary>Not at all: the same for every position.</summary>
    ReadTheSame,
}

/// <summary>What an output position of a layer depends on, found out by trying, not by what its paper says.</summary>
/// <param name="Reach">Which positions are read.</param>
/// <param name="Read">The most positions that one of the looked-at positions reads.</param>
/// <param name="Positions">How many there are.</param>
/// <param name="Readers">How far positions are read; <see cref="Analysis.Readers.Choose"/> where none is.</param>
public sealed record ReceptiveField(Reach Reach, int Read, int Positions, Readers Readers)
{
    // What a unit that is off does not read on one map, it reads on another: maps are tried until one shows nothing new.
    private const int FewestTrials = 2;
    private const int MostTrials = 12;

    // Changes below these shares of the largest output are rounding: sums are in double.
    private const double NoChange = 1e-12;
    private const double Alike = 1e-9;

    /// <summary>In a few words.</summary>
    public string Description => Reach switch
    {
        Reach.Itself => "own position",
        Reach.Lines => "row and column",
        Reach.Some => $"{Read} of {Positions} positions",
        _ => Readers switch
        {
            Readers.Choose => "all positions",
            Readers.ShareStatistics => "all, through statistics of channels",
            _ => "all, the same for every position",
        },
    };

    /// <summary>
    /// Changes one input position after the other and looks which of three output positions, the readers, change with it: by the literal
    /// definitions in double, with random maps and parameters. The third reader has the mean features of the other two: what depends
    /// on a reader's own features linearly then changes by the mean of their changes.
    /// </summary>
    /// <param name="layer">Keeps its parameters: other numbers are used in their place. It has to keep the map's shape.</param>
    /// <param name="map">One sample: [1, positions…, channels] with at least 5 positions.</param>
    /// <exception cref="ShapeException">The map does not fit the layer.</exception>
    /// <exception cref="ArgumentException">The layer makes a map of another shape, or there are too few positions.</exception>
    public static ReceptiveField Of(Layer layer, Shape map)
    {
        Graph graph = new();
        Value y = layer.BuildForInference(graph.Input("x", map));
        int positions = checked((int)map.Rows);
        if (y.Shape != map || positions < 5)
        {
            throw new ArgumentException(
                $"A layer that keeps the shape of 5 positions or more is expected; {map} becomes {y.Shape}.", nameof(layer));
        }

        int[] readers = [positions / 5, positions - 2, positions / 2];
        bool[][] reads = [.. readers.Select(_ => new bool[positions])];
        Readers kind = Readers.ReadTheSame;
        bool learned = true;
        for (int trial = 0; trial < FewestTrials || (learned && trial < MostTrials); trial++)
        {
            learned = false;
            Random random = new(1 + trial);
            Interpreter<double> interpreter = WithParameters(graph, random);
            double[] content = Content(random, map, readers);
            double[][] before = Outputs(interpreter, y, content, readers);
            double largest = before.Max(Largest);
            for (int position = 0; position < positions; position++)
            {
                double[] changed = [.. content];
                Numbers(random, map.Last, -2, 2).CopyTo(changed, position * map.Last);
                double[][] changes = [.. Outputs(interpreter, y, changed, readers).Zip(before, Difference)];
                for (int i = 0; i < readers.Length; i++)
                {
                    bool read = Largest(changes[i]) > NoChange * largest;
                    learned |= read && !reads[i][position];
                    reads[i][position] |= read;
                }

                // A reader's own features change its output besides.
                if (!readers.Contains(position))
                {
                    kind = (Readers)Math.Min((int)kind, (int)KindOf(changes, Alike * largest));
                }
            }
        }

        Reach reach = ReachOf(reads, readers, map[1..^1]);
        return new ReceptiveField(
            reach, reads.Max(row => row.Count(read => read)), positions, reach == Reach.Itself ? Readers.Choose : kind);
    }

    // The usual spread for a weight's fan-in, so that no softmax is so sharp that it reads one position only.
    private static Interpreter<double> WithParameters(Graph graph, Random random)
    {
        Interpreter<double> interpreter = new(graph);
        foreach (Variable variable in graph.Nodes.Select(node => node.Operation).OfType<ReadVariable>().Select(read => read.Variable))
        {
            double spread = Math.Sqrt(3.0 * variable.Shape.Last / variable.Shape.Count);
            (double low, double high) = variable.Shape.Rank < 2 ? (0.5, 1.5) : (-spread, spread);
            interpreter.Feed(variable, Numbers(random, variable.Shape.Count, low, high));
        }

        return interpreter;
    }

    private static double[] Content(Random random, Shape map, int[] readers)
    {
        double[] content = Numbers(random, map.Count, -1, 1);
        for (int channel = 0; channel < map.Last; channel++)
        {
            content[(readers[2] * map.Last) + channel] =
                (content[(readers[0] * map.Last) + channel] + content[(readers[1] * map.Last) + channel]) / 2;
        }

        return content;
    }

    // The features of every reader.
    private static double[][] Outputs(Interpreter<double> interpreter, Value y, double[] content, int[] readers)
    {
        interpreter.Feed(y.Graph.Inputs[0], content);
        interpreter.Run(y);
        double[] output = interpreter[y].ToArray();
        int channels = y.Shape.Last;
        return [.. readers.Select(reader => output.AsSpan(reader * channels, channels).ToArray())];
    }

    private static double[] Difference(double[] first, double[] second) => [.. first.Zip(second, (x, y) => x - y)];

    private static double Largest(double[] numbers) => numbers.Max(Math.Abs);

    private static double[] Numbers(Random random, long count, double low, double high)
    {
        double[] numbers = new double[count];
        foreach (ref double number in numbers.AsSpan())
        {
            number = low + ((high - low) * random.NextDouble());
        }

        return numbers;
    }

    private static Readers KindOf(double[][] changes, double tolerance)
    {
        double[] mean = [.. changes[0].Zip(changes[1], (x, y) => (x + y) / 2)];
        return Largest(Difference(mean, changes[2])) > tolerance ? Readers.Choose
            : Largest(Difference(changes[0], changes[1])) > tolerance ? Readers.ShareStatistics
            : Readers.ReadTheSame;
    }

    private static Reach ReachOf(bool[][] reads, int[] readers, Shape axes)
    {
        bool all = true;
        bool itself = true;
        bool lines = axes.Rank > 1;
        for (int i = 0; i < readers.Length; i++)
        {
            for (int position = 0; position < reads[i].Length; position++)
            {
                bool read = reads[i][position];
                all &= read;
                itself &= !read || position == readers[i];
                lines &= read == (Differing(position, readers[i], axes) <= 1);
            }
        }

        return itself ? Reach.Itself : all ? Reach.All : lines ? Reach.Lines : Reach.Some;
    }

    // Along how many axes two positions differ.
    private static int Differing(int first, int second, Shape axes)
    {
        int count = 0;
        for (int axis = axes.Rank - 1; axis >= 0; axis--)
        {
            count += first % axes[axis] == second % axes[axis] ? 0 : 1;
            (first, second) = (first / axes[axis], second / axes[axis]);
        }

        return count;
    }
}
