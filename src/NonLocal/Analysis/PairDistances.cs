namespace NonLocal.Analysis;

/// <summary>
/// How far the rows of a table are apart, as GCNet's analysis measures it: cosine distance (1 − cos)/2 and, for distributions, the
/// Jensen–Shannon divergence with natural logarithms, at most ln 2.
/// </summary>
/// <remarks>
/// Cao, Xu, Lin, Wei, Hu: GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond, arXiv 1904.11492, section 3.1: the mean of
/// dist(v_i, v_j) over all i and j, i = j included. Sums are in double.
/// </remarks>
public static class PairDistances
{
    /// <summary>
    /// Mean cosine distance as it is written, pair by pair: O(N² width). Rows that are all 0 have no direction and are left out.
    /// </summary>
    /// <param name="rows">[N, width].</param>
    /// <param name="width">Numbers in a row.</param>
    /// <returns>0: all alike, ½: nothing in common, 1: opposite. Not a number where no row has a direction.</returns>
    public static double CosineByDefinition(ReadOnlySpan<float> rows, int width)
    {
        (int count, double sum) = (0, 0);
        for (int i = 0; i < rows.Length / width; i++)
        {
            ReadOnlySpan<float> first = rows.Slice(i * width, width);
            double length = Math.Sqrt(Dot(first, first));
            count += length > 0 ? 1 : 0;
            for (int j = 0; j < rows.Length / width; j++)
            {
                ReadOnlySpan<float> second = rows.Slice(j * width, width);
                double lengths = length * Math.Sqrt(Dot(second, second));
                sum += lengths > 0 ? (1 - (Dot(first, second) / lengths)) / 2 : 0;
            }
        }

        return sum / count / count;
    }

    /// <summary>
    /// The mean cosine distance of each row to the others, from the sum of all rows brought to length 1: O(N·width), one row at a time.
    /// </summary>
    /// <param name="rows">[N, width].</param>
    /// <param name="width">Numbers in a row.</param>
    /// <returns>A number for each row that is not all 0, where there are two such rows; otherwise none.</returns>
    public static double[] Cosine(ReadOnlySpan<float> rows, int width)
    {
        double[] sum = new double[width];
        List<(int Row, double Length)> directed = [];
        for (int i = 0; i < rows.Length / width; i++)
        {
            ReadOnlySpan<float> row = rows.Slice(i * width, width);
            double length = Math.Sqrt(Dot(row, row));
            if (length > 0)
            {
                directed.Add((i, length));
                for (int k = 0; k < width; k++)
                {
                    sum[k] += row[k] / length;
                }
            }
        }

        if (directed.Count < 2)
        {
            return [];
        }

        double[] distances = new double[directed.Count];
        for (int i = 0; i < distances.Length; i++)
        {
            ReadOnlySpan<float> row = rows.Slice(directed[i].Row * width, width);
            double cosines = -1;
            for (int k = 0; k < width; k++)
            {
                cosines += sum[k] * row[k] / directed[i].Length;
            }

            distances[i] = (1 - (cosines / (distances.Length - 1))) / 2;
        }

        return distances;
    }

    /// <summary>
    /// Mean Jensen–Shannon divergence as it is written, pair by pair: ½ Σ_k v log(2v/(v+w)) + w log(2w/(v+w)), where 0 log 0 = 0.
    /// </summary>
    /// <param name="rows">[N, width], rows without negative numbers that sum to 1.</param>
    /// <param name="width">Numbers in a row.</param>
    public static double JensenShannonByDefinition(ReadOnlySpan<float> rows, int width)
    {
        int count = rows.Length / width;
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                for (int k = 0; k < width; k++)
                {
                    double v = rows[(i * width) + k];
                    double w = rows[(j * width) + k];
                    sum += (v == 0 ? 0 : v * Math.Log(2 * v / (v + w)) / 2) + (w == 0 ? 0 : w * Math.Log(2 * w / (v + w)) / 2);
                }
            }
        }

        return sum / count / count;
    }

    /// <summary>
    /// The mean Jensen–Shannon divergence of each row to the others: the entropy of the mean of two rows less the mean of their entropies,
    /// so one logarithm for each number of a pair and every pair once.
    /// </summary>
    /// <param name="rows">[N, width], rows without negative numbers that sum to 1.</param>
    /// <param name="width">Numbers in a row.</param>
    /// <returns>A number for each row; none for a single row.</returns>
    public static double[] JensenShannon(ReadOnlySpan<float> rows, int width)
    {
        int count = rows.Length / width;
        double[] entropies = new double[count];
        for (int i = 0; i < count; i++)
        {
            entropies[i] = Entropy(rows.Slice(i * width, width), rows.Slice(i * width, width));
        }

        double[] distances = new double[count < 2 ? 0 : count];
        for (int i = 1; i < count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double mixed = Entropy(rows.Slice(i * width, width), rows.Slice(j * width, width));
                double distance = Math.Max(0, mixed - ((entropies[i] + entropies[j]) / 2)) / (count - 1);
                distances[i] += distance;
                distances[j] += distance;
            }
        }

        return distances;
    }

    // −Σ m log m of the mean m of two rows.
    private static double Entropy(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        double sum = 0;
        for (int k = 0; k < first.Length; k++)
        {
            double mean = ((double)first[k] + second[k]) / 2;
            sum -= mean == 0 ? 0 : mean * Math.Log(mean);
        }

        return sum;
    }

    private static double Dot(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        double sum = 0;
        for (int k = 0; k < first.Length; k++)
        {
            sum += (double)first[k] * second[k];
        }

        return sum;
    }
}
