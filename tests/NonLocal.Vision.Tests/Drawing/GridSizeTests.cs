using NonLocal.Vision.Drawing;

namespace NonLocal.Vision.Tests.Drawing;

public class GridSizeTests
{
    [Fact]
    public void Place_OfANumber_IsTheInverseOfAt()
    {
        GridSize grid = new(2, 3, 5);
        Assert.Equal(30, grid.Count);
        for (int number = 0; number < grid.Count; number++)
        {
            (int frame, int row, int column) = grid.Place(number);
            Assert.Equal(number, grid.At(frame, row, column));
        }

        Assert.Equal((1, 2, 4), grid.Place(29));
    }

    [Fact]
    public void Thinned_ToWhatFits_KeepsAllOrSpreadsEvenly()
    {
        GridSize grid = new(1, 8, 12);
        Assert.Equal(grid, grid.Thinned(96));
        Assert.Equal(new GridSize(1, 4, 6), grid.Thinned(95));
        Assert.Equal(new GridSize(1, 1, 1), grid.Thinned(1));
    }

    [Fact]
    public void Middles_OfACoarserGrid_AreItsCellsMiddles()
    {
        Assert.Equal([5, 7, 13, 15], new GridSize(1, 4, 4).Middles(new GridSize(1, 2, 2)));
        GridSize grid = new(2, 3, 5);
        Assert.Equal(Enumerable.Range(0, 30), grid.Middles(grid));
    }
}
