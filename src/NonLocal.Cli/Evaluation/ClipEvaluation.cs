using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Training;
using NonLocal.Vision.Datasets.Clips;

namespace NonLocal.Cli.Evaluation;

/// <summary>What a network of clips says about videos: the mean of its soft-max over their views.</summary>
internal static class ClipEvaluation
{
    // Views that run together, to bound memory.
    private const int MostTogether = 8;
    private const int MostViews = 1000;

    /// <summary>Reads <c>10x3</c>: clips along the video, cuts along the longer side of the frames.</summary>
    /// <exception cref="UsageException">Another form.</exception>
    public static (int Clips, int Cuts) Views(string text)
    {
        string[] parts = text.Split('x');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int clips)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int cuts)
            && clips > 0 && cuts > 0 && clips <= MostViews / cuts
            ? (clips, cuts)
            : throw new UsageException(
                $"--views is '{text}', expected clips and cuts with an x between them, such as 10x3, and at most {MostViews} in all.");
    }

    /// <summary>What is known of a network that is given another cut of the frames than it was trained on.</summary>
    /// <param name="info">The network's.</param>
    /// <param name="side">Rows and columns of the cut, or null: as it was trained.</param>
    /// <exception cref="UsageException">A side out of range.</exception>
    public static ModelInfo Cut(ModelInfo info, int? side) => side switch
    {
        null => info,
        < 1 or > 4096 => throw new UsageException($"--cut is {side}, expected 1 to 4096."),
        { } length => info with { Height = length, Width = length },
    };

    /// <summary>An option for <see cref="Cut"/>.</summary>
    public static Option<int?> CutOption() => new("--cut")
    {
        Description = "For clips: the side of the square that is cut out of the frames, such as 256 for the views of the published "
            + "networks. Default: as the network was trained.",
        HelpName = "PIXELS",
    };

    /// <summary>Classifies videos.</summary>
    /// <param name="network">Of clips.</param>
    /// <param name="views">The videos; all of them can be read.</param>
    /// <param name="progress">Told how many are done, and of how many.</param>
    /// <returns>Probabilities [videos, classes], and how long the network ran.</returns>
    /// <exception cref="IOException">A video cannot be read.</exception>
    public static (float[] Probabilities, double Seconds) Run(Classifier network, ClipViews views, Action<int, int> progress)
    {
        Shape input = views.InputShape;
        int count = input[0];
        int together = Enumerable.Range(1, Math.Min(MostTogether, count)).Last(rows => count % rows == 0);
        Program program = network.CompileForInference([together, .. input.Skip(1)]);
        float[] probabilities = new float[views.Count * network.Classes];
        double[] sum = new double[network.Classes];
        double seconds = 0;
        int done = 0;
        using BatchReader reader = new BatchLoader(views, 1, 0, training: false).Read(0, 0, 1, ahead: 1);
        while (reader.Next() is { } batch)
        {
            long start = Stopwatch.GetTimestamp();
            Array.Clear(sum);
            Span<float> samples = program.Inputs[0].Span;
            for (int first = 0; first < batch.Inputs.Length; first += samples.Length)
            {
                batch.Inputs.AsSpan(first, samples.Length).CopyTo(samples);
                program.Run();
                AddSoftmax(program.Outputs[0].Span, sum);
            }

            for (int c = 0; c < sum.Length; c++)
            {
                probabilities[(done * sum.Length) + c] = (float)(sum[c] / count);
            }

            seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
            progress(++done, views.Count);
        }

        return (probabilities, seconds);
    }

    private static void AddSoftmax(ReadOnlySpan<float> logits, double[] sum)
    {
        int classes = sum.Length;
        for (int first = 0; first < logits.Length; first += classes)
        {
            ReadOnlySpan<float> row = logits.Slice(first, classes);
            double largest = row[0];
            foreach (float logit in row)
            {
                largest = Math.Max(largest, logit);
            }

            double total = 0;
            foreach (float logit in row)
            {
                total += Math.Exp(logit - largest);
            }

            for (int c = 0; c < classes; c++)
            {
                sum[c] += Math.Exp(row[c] - largest) / total;
            }
        }
    }
}
