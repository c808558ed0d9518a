/* The practical limit: the month loop of level-pay loans in C, as a compiler makes it with -O3 -march=native -fopenmp.
 *
 * Loans are sorted by segment, so that a segment's default and prepayment rates are out of the loop: what is summed is the
 * scheduled balance and its interest by segment and month, which is all that the curves need. Blocks of 512 loans stay in the
 * first-level cache through all months; the inner loop has no branch and vectorises.
 */
#include <math.h>
#include <string.h>

#define BLOCK 512

static void add_block(long n, const double *balance, const double *rate, const long *term, int months, double *left, double *interest)
{
    double b[BLOCK], r[BLOCK], pay[BLOCK];
    int longest = 0;
    for (long i = 0; i < n; i++) {
        b[i] = balance[i];
        r[i] = rate[i] / 12;
        pay[i] = b[i] * r[i] / -expm1(-(double)term[i] * log1p(r[i]));
        if (term[i] > longest) longest = (int)term[i];
    }
    for (int t = 0; t < longest && t < months; t++) {
        double sum = 0, earned = 0;
        for (long i = 0; i < n; i++) {
            double paid = b[i] * r[i];
            sum += b[i];
            earned += paid;
            double next = b[i] + paid - pay[i];
            b[i] = t + 1 < term[i] ? next : 0;
        }
        left[t] += sum;
        interest[t] += earned;
    }
}

/* first[k] .. first[k + 1] are the loans of segment k; left and interest are (segments, months). */
void strips(const double *balance, const double *rate, const long *term, const long *first, int segments, int months, double *left,
            double *interest)
{
    memset(left, 0, sizeof(double) * segments * months);
    memset(interest, 0, sizeof(double) * segments * months);
#pragma omp parallel
    {
        double mine[2][months];
        for (int k = 0; k < segments; k++) {
            memset(mine, 0, sizeof mine);
#pragma omp for schedule(static) nowait
            for (long start = first[k]; start < first[k + 1]; start += BLOCK) {
                long n = first[k + 1] - start < BLOCK ? first[k + 1] - start : BLOCK;
                add_block(n, balance + start, rate + start, term + start, months, mine[0], mine[1]);
            }
#pragma omp critical
            for (int t = 0; t < months; t++) {
                left[(long)k * months + t] += mine[0][t];
                interest[(long)k * months + t] += mine[1][t];
            }
        }
    }
}
