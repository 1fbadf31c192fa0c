using System.Globalization;
using NonLocal.Cli.Rendering;

namespace NonLocal.Cli.Evaluation;

/// <summary>What a network said about a labelled set, and what follows from it.</summary>
/// <param name="Numbers">[samples, classes]; the largest of a row is what the network says.</param>
/// <param name="ClassNames">The network's classes.</param>
/// <param name="Labels">The class of each sample, as a number of the network.</param>
internal sealed record Answers(float[] Numbers, IReadOnlyList<string> ClassNames, int[] Labels)
{
    private const int Five = 5;

    private int Classes => ClassNames.Count;

    /// <summary>The outputs that belong to the labels of data: by name where both have the same names, else by number.</summary>
    /// <exception cref="UsageException">There are more or fewer classes than outputs.</exception>
    public static int[] ClassOrder(IReadOnlyList<string> data, IReadOnlyList<string> network, int classes, string path, string model)
    {
        if (data.Count != classes)
        {
            throw new UsageException($"{path} has {data.Count} classes, but {model} answers with {classes}.");
        }

        string[] labels = [.. network];
        int[] byName = [.. data.Select(name => Array.IndexOf(labels, name))];
        return byName.Contains(-1) ? [.. Enumerable.Range(0, classes)] : byName;
    }

    /// <summary>Counts what is right.</summary>
    public EvalResult Count(double? imagesPerSecond, double? clipsPerSecond)
    {
        int best = 0;
        int amongFive = 0;
        int[] samples = new int[Classes];
        int[] right = new int[Classes];
        for (int i = 0; i < Labels.Length; i++)
        {
            int rank = Rank(i);
            best += rank == 0 ? 1 : 0;
            amongFive += rank < Five ? 1 : 0;
            samples[Labels[i]]++;
            right[Labels[i]] += rank == 0 ? 1 : 0;
        }

        return new EvalResult(
            best,
            Labels.Length,
            (double)best / Labels.Length,
            (double)amongFive / Labels.Length,
            imagesPerSecond,
            clipsPerSecond,
            [.. Enumerable.Range(0, Classes).Select(label => new EvalClass(ClassNames[label], samples[label], right[label]))]);
    }

    /// <summary>Writes the answers as CSV: no header, one row a sample.</summary>
    public void WriteRows(Stream stream)
    {
        using StreamWriter writer = new(stream, leaveOpen: true) { NewLine = "\n" };
        for (int first = 0; first < Numbers.Length; first += Classes)
        {
            ArraySegment<float> row = new(Numbers, first, Classes);
            writer.WriteLine(string.Join(',', row.Select(number => number.ToString("R", CultureInfo.InvariantCulture))));
        }
    }

    /// <summary>Writes the confusion matrix as CSV: a row for each class, a column for each answer, with names.</summary>
    public void WriteConfusion(Stream stream)
    {
        int[,] counts = new int[Classes, Classes];
        for (int i = 0; i < Labels.Length; i++)
        {
            ReadOnlySpan<float> row = Numbers.AsSpan(i * Classes, Classes);
            int said = 0;
            for (int c = 1; c < Classes; c++)
            {
                said = row[c] > row[said] ? c : said;
            }

            counts[Labels[i], said]++;
        }

        using StreamWriter writer = new(stream, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(string.Join(',', ClassNames.Prepend("class").Select(Quoted)));
        for (int label = 0; label < Classes; label++)
        {
            IEnumerable<string> row = Enumerable.Range(0, Classes).Select(said => $"{counts[label, said]}");
            writer.WriteLine(string.Join(',', row.Prepend(Quoted(ClassNames[label]))));
        }
    }

    private static string Quoted(string name) =>
        name.AsSpan().ContainsAny(",\"\n") ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : name;

    // How many outputs come before that of the right class. Equal ones stand in class order; a NaN is right about nothing.
    private int Rank(int sample)
    {
        ReadOnlySpan<float> row = Numbers.AsSpan(sample * Classes, Classes);
        int label = Labels[sample];
        int above = 0;
        for (int c = 0; c < Classes; c++)
        {
            above += row[c] < row[label] || (row[c] == row[label] && c >= label) ? 0 : 1;
        }

        return above;
    }
}
