using NonLocal.Cli.Benchmarks;
using NonLocal.Cli.Rendering;
using NonLocal.Tensors;

namespace NonLocal.Cli.Comparison;

/// <summary>One system on square maps of growing size.</summary>
/// <param name="meter">Measures.</param>
/// <param name="sides">Sides of the maps, growing.</param>
/// <param name="mostSeconds">No larger map is tried when one run on it would take longer than this.</param>
internal sealed class SizeSweep(CostMeter meter, IReadOnlyList<int> sides, double mostSeconds)
{
    /// <summary>Measures inference until a map needs too much memory or time, or cannot be read.</summary>
    /// <param name="system">The system.</param>
    /// <param name="input">Its batch and channels count; its two sides are replaced.</param>
    /// <param name="done">Called after each of the sides, also those left out.</param>
    public SizePoint[] Run(ComparedSystem system, Shape input, Action done)
    {
        List<SizePoint> points = [];
        Cost? last = null;
        bool going = true;
        for (int i = 0; i < sides.Count; i++)
        {
            Shape map = Map(input, sides[i]);
            going = going && system.Reads(map) && (last is null || Expected(system, last, Map(input, sides[i - 1]), map) <= mostSeconds);
            last = going ? meter.Measure(system.Create(input.Last), map, train: false) : null;
            going = last is not null;
            if (last is not null)
            {
                points.Add(new SizePoint(sides[i], (long)sides[i] * sides[i], last.Milliseconds, last.ArenaBytes));
            }

            done();
        }

        return [.. points];
    }

    private static Shape Map(Shape input, int side) => [input[0], side, side, input.Last];

    // Seconds of a run, by arithmetic, or by positions where there is little of it.
    private static double Expected(ComparedSystem system, Cost last, Shape lastMap, Shape map)
    {
        long flops = 2 * LayerSubject.Of(system.Create(map.Last), map, train: false).LiteralMultiplyAdds;
        double growth = Math.Max((double)flops / Math.Max(last.Flops, 1), (double)map.Rows / lastMap.Rows);
        return growth * last.Milliseconds / 1e3;
    }
}
