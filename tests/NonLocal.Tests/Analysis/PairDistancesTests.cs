using NonLocal.Analysis;

namespace NonLocal.Tests.Analysis;

public class PairDistancesTests
{
    private const int Width = 5;

    [Fact]
    public void Cosine_OfAnyRows_IsThatOfTheDefinition()
    {
        float[] rows = Rows(9, random => (random.NextSingle() * 2) - 1);
        rows.AsSpan(2 * Width, Width).Clear();
        double[] distances = PairDistances.Cosine(rows, Width);
        Assert.Equal(8, distances.Length);
        Assert.Equal(PairDistances.CosineByDefinition(rows, Width), WithItself(distances), 1e-12);
    }

    [Fact]
    public void JensenShannon_OfDistributions_IsThatOfTheDefinition()
    {
        float[] rows = Rows(7, random => random.NextSingle());
        rows[3] = 0;
        for (int row = 0; row < 7; row++)
        {
            float sum = rows.AsSpan(row * Width, Width).ToArray().Sum();
            foreach (ref float number in rows.AsSpan(row * Width, Width))
            {
                number /= sum;
            }
        }

        double[] distances = PairDistances.JensenShannon(rows, Width);
        Assert.Equal(PairDistances.JensenShannonByDefinition(rows, Width), WithItself(distances), 1e-12);
    }

    [Fact]
    public void Definitions_OfTwoRowsWithNothingInCommon_AreHalfOfTheLargestDistance()
    {
        float[] rows = [1, 0, 0, 1];
        Assert.Equal(0.5 / 2, PairDistances.CosineByDefinition(rows, 2), 1e-15);
        Assert.Equal(Math.Log(2) / 2, PairDistances.JensenShannonByDefinition(rows, 2), 1e-15);
        Assert.Equal(1.0 / 2, PairDistances.CosineByDefinition([1, -2, -1, 2], 2), 1e-15);
    }

    [Fact]
    public void Distances_OfEqualRows_AreZero()
    {
        float[] rows = [0.25f, 0.75f, 0.25f, 0.75f, 0.25f, 0.75f];
        Assert.All(PairDistances.Cosine(rows, 2), distance => Assert.Equal(0, distance, 1e-15));
        Assert.All(PairDistances.JensenShannon(rows, 2), distance => Assert.Equal(0, distance, 1e-15));
    }

    [Fact]
    public void Distances_OfFewerThanTwoRows_AreNone()
    {
        Assert.Empty(PairDistances.Cosine([0, 0, 1, 2], 2));
        Assert.Empty(PairDistances.JensenShannon([0.5f, 0.5f], 2));
    }

    // The mean over all pairs, each row with itself included, from the rows' mean distances to the others.
    private static double WithItself(double[] distances) => distances.Sum() * (distances.Length - 1) / distances.Length / distances.Length;

    private static float[] Rows(int count, Func<Random, float> next)
    {
        Random random = new(4);
        return [.. Enumerable.Range(0, count * Width).Select(_ => next(random))];
    }
}
