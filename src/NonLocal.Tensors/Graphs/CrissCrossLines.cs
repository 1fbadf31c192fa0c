namespace NonLocal.Tensors.Graphs;

/// <summary>Which positions share a line of a map [batch, positions…, channels], and how often a position meets itself.</summary>
internal static class CrissCrossLines
{
    /// <summary>The positions that one position reads, line by line, as rows of the whole batch.</summary>
    public static IEnumerable<int> Keys(Shape map, int row, bool ownOnce)
    {
        for (int axis = 0; axis < map.Rank - 2; axis++)
        {
            int length = map[axis + 1];
            int step = Step(map, axis);
            int place = row / step % length;
            for (int i = 0; i < length; i++)
            {
                if (i != place || !SkipsOwn(map, axis, ownOnce))
                {
                    yield return row + ((i - place) * step);
                }
            }
        }
    }

    /// <summary>q·k of one position and chosen others.</summary>
    public static T[] Scores<T>(Evaluation<T> evaluation, int row, int[] keys)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        int width = evaluation.InputShape(0).Last;
        T[] scores = new T[keys.Length];
        for (int j = 0; j < keys.Length; j++)
        {
            for (int c = 0; c < width; c++)
            {
                scores[j] += evaluation.Input(0)[(row * width) + c] * evaluation.Input(1)[(keys[j] * width) + c];
            }
        }

        return scores;
    }

    /// <summary>Pairs of positions that share a line; a position with itself once an axis.</summary>
    public static long Pairs(Shape map) => map.Rows * map[1..^1].Sum();

    /// <summary>Positions from one place of a spatial axis (from 0) to the next.</summary>
    public static int Step(Shape map, int axis) => (int)map[(axis + 2)..^1].Count;

    /// <summary>Whether a line leaves out the position itself.</summary>
    public static bool SkipsOwn(Shape map, int axis, bool ownOnce) => map.Rank > 3 && (ownOnce ? axis < map.Rank - 3 : axis == 0);
}
