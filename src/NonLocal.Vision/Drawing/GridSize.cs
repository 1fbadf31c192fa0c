namespace NonLocal.Vision.Drawing;

/// <summary>A grid of positions over a picture, or over the frames of a clip; row-major, frames slowest.</summary>
/// <param name="Frames">1 for a picture.</param>
/// <param name="Rows">Of a frame.</param>
/// <param name="Columns">Of a frame.</param>
public readonly record struct GridSize(int Frames, int Rows, int Columns)
{
    /// <summary>How many positions there are.</summary>
    public int Count => checked(Frames * Rows * Columns);

    /// <summary>Positions of a frame.</summary>
    public int FrameCount => Rows * Columns;

    /// <summary>The number of a position.</summary>
    public int At(int frame, int row, int column) => (((frame * Rows) + row) * Columns) + column;

    /// <summary>The frame, row and column of a number.</summary>
    public (int Frame, int Row, int Column) Place(int number) =>
        (number / FrameCount, number / Columns % Rows, number % Columns);

    /// <summary>As many positions as fit into a number, spread evenly: every first, second, third … along each axis.</summary>
    /// <param name="most">At least 1.</param>
    public GridSize Thinned(int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        GridSize thin = this;
        for (int step = 2; thin.Count > most; step++)
        {
            thin = new(Math.Max(1, Frames / step), Math.Max(1, Rows / step), Math.Max(1, Columns / step));
        }

        return thin;
    }

    /// <summary>The positions of this grid in which the middles of a coarser grid's cells lie, in the coarser grid's order.</summary>
    /// <param name="coarse">At most as long along each axis.</param>
    public int[] Middles(GridSize coarse)
    {
        int[] positions = new int[coarse.Count];
        for (int i = 0; i < positions.Length; i++)
        {
            (int frame, int row, int column) = coarse.Place(i);
            positions[i] = At(
                Middle(frame, coarse.Frames, Frames), Middle(row, coarse.Rows, Rows), Middle(column, coarse.Columns, Columns));
        }

        return positions;
    }

    private static int Middle(int cell, int cells, int length) => (int)(((2L * cell) + 1) * length / (2L * cells));
}
