using System.Globalization;
using NonLocal.Cli.Rendering;
using NonLocal.Tensors;
using NonLocal.Vision.Drawing;

namespace NonLocal.Cli.Comparison;

/// <summary>Draws time and memory of several systems against the number of positions.</summary>
internal static class ComparisonPicture
{
    /// <summary>Writes the picture.</summary>
    /// <param name="path">An SVG file.</param>
    /// <param name="input">Its batch and channels were measured.</param>
    /// <param name="threads">How many shared the work.</param>
    /// <param name="sides">Sides of the maps.</param>
    /// <param name="curves">What was measured; the literal form of a system has its colour.</param>
    public static void Write(string path, Shape input, int threads, IReadOnlyList<int> sides, IReadOnlyList<CompareCurve> curves)
    {
        List<string> names = [.. curves.Select(curve => curve.System).Distinct()];
        new ChartSheet(
            "Attention against the number of positions",
            string.Create(
                CultureInfo.InvariantCulture,
                $"inference, batch {input[0]}, {input.Last} channels, {threads} thread{(threads == 1 ? "" : "s")}; "
                + $"a line ends where a limit of memory or time was met"),
            "positions (side of the map, squared)",
            [.. sides.Select(side => ((double)side * side, string.Create(CultureInfo.InvariantCulture, $"{side}²")))],
            [
                new Chart("Time of one run", Time, Lines(point => point.InferenceMs)),
                new Chart("Working memory beyond input, output and parameters", Memory, Lines(point => point.ArenaBytes)),
            ]).Write(path);

        ChartLine[] Lines(Func<SizePoint, double> height) =>
        [
            .. curves.Select(curve => new ChartLine(
                ComparedSystem.TitleOf(curve.System, curve.Route),
                names.IndexOf(curve.System),
                ComparedSystem.TitleOf(curve.System, curve.Route) != curve.System,
                [.. curve.Points.Select(point => ((double)point.Positions, height(point)))])),
        ];
    }

    private static string Time(double milliseconds) => Scaled(milliseconds, ("µs", 1e-3), ("ms", 1), ("s", 1e3));

    private static string Memory(double bytes) => Scaled(bytes, ("B", 1), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9));

    private static string Scaled(double number, params ReadOnlySpan<(string Unit, double Size)> units)
    {
        (string unit, double size) = units[0];
        foreach ((string larger, double its) in units)
        {
            if (number >= its * (1 - 1e-9))
            {
                (unit, size) = (larger, its);
            }
        }

        return $"{Figures.Short(number / size)} {unit}";
    }
}
