using NonLocal.Vision.Drawing;

namespace NonLocal.Cli.Explanation;

/// <summary>The position that is read most.</summary>
/// <param name="Weight">Its weight.</param>
/// <param name="Frame">Its frame.</param>
/// <param name="Row">Its row.</param>
/// <param name="Column">Its column.</param>
internal readonly record struct Peak(double Weight, int Frame, int Row, int Column)
{
    /// <summary>Finds it; the first of equal ones.</summary>
    public static Peak Of(ReadOnlySpan<float> weights, GridSize grid)
    {
        int most = Index(weights);
        (int frame, int row, int column) = grid.Place(most);
        return new(weights[most], frame, row, column);
    }

    /// <summary>The number of the largest weight.</summary>
    public static int Index(ReadOnlySpan<float> weights)
    {
        int most = 0;
        for (int i = 1; i < weights.Length; i++)
        {
            most = weights[i] > weights[most] ? i : most;
        }

        return most;
    }
}
